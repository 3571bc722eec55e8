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
            errors = description is null ? [new CityError("$", "is null")] : [];
        }
        catch (JsonException e)
        {
            string line = e.LineNumber is { } n ? $" (line {n + 1})" : "";
            errors = [new CityError(e.Path ?? "$", e.Message.Split(" Path:")[0] + line)];
        }
        return errors.Count == 0;
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
