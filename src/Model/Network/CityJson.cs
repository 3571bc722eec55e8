using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace CityBrain.Model;

/// <summary>Reads and writes the city file. The schema is docs/city.schema.json.</summary>
public static class CityJson
{
    // Read by reflection: generated code leaves a property that is missing at zero, whatever its default says, and a
    // yellow time that is left out must be three seconds and not none.
    private static readonly JsonSerializerOptions Reading =
        new(CityJsonContext.Default.Options)
        { TypeInfoResolver = new DefaultJsonTypeInfoResolver(), Converters = { new JsonStringEnumConverter() } };

    /// <summary>Reads a city file; an unreadable file is one error with its place.</summary>
    public static bool TryRead(
        ReadOnlySpan<byte> utf8, out CityDescription? description, out IReadOnlyList<CityError> errors)
    {
        description = null;
        try
        {
            description = JsonSerializer.Deserialize<CityDescription>(utf8, Reading);
            errors = description is null ? [new CityError("$", "is null")]
                : LineOfNullEntry(utf8) is > 0 and long line ? [new CityError("$", $"has null in a list (line {line})")] : [];
        }
        catch (JsonException e)
        {
            string where = e.LineNumber is { } n ? $" (line {n + 1})" : "";
            errors = [new CityError(e.Path ?? "$", e.Message.Split(" Path:")[0] + where)];
        }
        return errors.Count == 0;
    }

    /// <summary>
    /// The line, from 1, of the first null in a list, which the annotations of its type do not keep out; 0 for none.
    /// </summary>
    private static long LineOfNullEntry(ReadOnlySpan<byte> utf8)
    {
        var reader = new Utf8JsonReader(utf8);
        var lists = new Stack<bool>();
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.Null && lists.TryPeek(out bool list) && list)
                return 1 + utf8[..(int)reader.TokenStartIndex].Count((byte)'\n');
            if (reader.TokenType is JsonTokenType.StartArray or JsonTokenType.StartObject)
                lists.Push(reader.TokenType == JsonTokenType.StartArray);
            else if (reader.TokenType is JsonTokenType.EndArray or JsonTokenType.EndObject) lists.Pop();
        }
        return 0;
    }

    /// <summary>Writes the file as UTF-8.</summary>
    public static byte[] Write(CityDescription description) =>
        JsonSerializer.SerializeToUtf8Bytes(description, CityJsonContext.Default.CityDescription);
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    WriteIndented = true,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(CityDescription))]
internal sealed partial class CityJsonContext : JsonSerializerContext;
