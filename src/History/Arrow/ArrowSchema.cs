namespace CityBrain.History.Arrow;

/// <summary>The types of columns read and written, of those of the Arrow columnar format.</summary>
public enum ArrowType
{
    Int8,
    Int16,
    Int32,
    Int64,
    UInt8,
    UInt16,
    UInt32,
    UInt64,
    Float32,
    Float64,
    Bool,
    Utf8,

    /// <summary>Texts by their index in a dictionary; 32-bit indices when written.</summary>
    DictionaryUtf8,
    TimestampSecond,
    TimestampMilli,
    TimestampMicro,
    TimestampNano,
}

/// <summary>A column of a table.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its type.</param>
/// <param name="Nullable">Whether cells may be empty.</param>
/// <param name="Dictionary">The texts of a <see cref="ArrowType.DictionaryUtf8"/> column.</param>
public sealed record ArrowField(
    string Name, ArrowType Type, bool Nullable = false, IReadOnlyList<string>? Dictionary = null);

/// <summary>The columns of a table and what its maker noted on it.</summary>
public sealed record ArrowSchema(
    IReadOnlyList<ArrowField> Fields, IReadOnlyList<KeyValuePair<string, string>> Metadata)
{
    public ArrowSchema(params ArrowField[] fields)
        : this(fields, [])
    {
    }
}

/// <summary>A file or stream that is no Arrow, is broken, or holds what is not read here.</summary>
public sealed class ArrowFormatException : IOException
{
    public ArrowFormatException()
    {
    }

    public ArrowFormatException(string message)
        : base(message)
    {
    }

    public ArrowFormatException(string message, Exception inner)
        : base(message, inner)
    {
    }
}

/// <summary>Bytes of the types.</summary>
internal static class ArrowTypes
{
    /// <summary>Bytes of a value; 0 for bits and texts.</summary>
    public static int Width(ArrowType type) => type switch
    {
        ArrowType.Int8 or ArrowType.UInt8 => 1,
        ArrowType.Int16 or ArrowType.UInt16 => 2,
        ArrowType.Int32 or ArrowType.UInt32 or ArrowType.Float32 or ArrowType.DictionaryUtf8 => 4,
        ArrowType.Bool or ArrowType.Utf8 => 0,
        _ => 8,
    };

    public static bool IsReal(ArrowType type) => type is ArrowType.Float32 or ArrowType.Float64;

    public static bool IsText(ArrowType type) => type is ArrowType.Utf8 or ArrowType.DictionaryUtf8;
}
