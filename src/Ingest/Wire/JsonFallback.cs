using System.Text.Json;

namespace CityBrain.Ingest.Wire;

/// <summary>Reads one value with Utf8JsonReader; null counts as left out.</summary>
internal static class JsonFallback
{
    /// <summary>Reads the fields of one object; a field that it does not know it leaves to be skipped.</summary>
    /// <returns>False when the value is of the wrong type.</returns>
    public delegate bool Field<T>(ref Utf8JsonReader reader, ref T into) where T : allows ref struct;

    /// <summary>Reads an object with nothing behind it. The one place where malformed JSON's exception is caught.</summary>
    public static bool TryRead<T>(ReadOnlySpan<byte> json, Field<T> field, ref T into) where T : allows ref struct
    {
        try
        {
            var reader = new Utf8JsonReader(json);
            return reader.Read() && Object(ref reader, field, ref into) && !reader.Read();
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            return false;
        }
    }

    /// <summary>Reads the object that the reader stands on.</summary>
    public static bool Object<T>(ref Utf8JsonReader reader, Field<T> field, ref T into) where T : allows ref struct
    {
        if (reader.TokenType != JsonTokenType.StartObject) return false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            if (!field(ref reader, ref into)) return false;
        return reader.TokenType == JsonTokenType.EndObject;
    }

    /// <summary>Steps over an unknown field and its value.</summary>
    public static bool Skip(ref Utf8JsonReader reader)
    {
        reader.Skip();
        return true;
    }

    public static bool Integer(ref Utf8JsonReader reader, ref long value)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.Null) return true;
        return reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out value);
    }

    public static bool Number(ref Utf8JsonReader reader, ref double value)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.Null) return true;
        return reader.TokenType == JsonTokenType.Number && reader.TryGetDouble(out value) && double.IsFinite(value);
    }

    public static bool Bool(ref Utf8JsonReader reader, ref bool value)
    {
        reader.Read();
        if (reader.TokenType is not (JsonTokenType.True or JsonTokenType.False)) return false;
        value = reader.TokenType == JsonTokenType.True;
        return true;
    }

    /// <summary>Reads one of the names; its position, or -1 for null.</summary>
    public static bool Name(ref Utf8JsonReader reader, WireNames names, ref int value)
    {
        reader.Read();
        value = -1;
        if (reader.TokenType == JsonTokenType.Null) return true;
        if (reader.TokenType != JsonTokenType.String) return false;
        for (int i = 0; i < names.Count; i++)
            if (reader.ValueTextEquals(names[i])) value = i;
        return value >= 0;
    }

    /// <summary>Copies a string's UTF-8; false when it is longer than the buffer.</summary>
    public static bool Text(scoped ref Utf8JsonReader reader, scoped Span<byte> buffer, ref int length)
    {
        reader.Read();
        length = 0;
        if (reader.TokenType == JsonTokenType.Null) return true;
        if (reader.TokenType != JsonTokenType.String || reader.ValueSpan.Length > buffer.Length) return false;
        length = reader.CopyString(buffer);
        return true;
    }
}
