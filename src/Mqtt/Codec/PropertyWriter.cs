namespace CityBrain.Mqtt.Codec;

/// <summary>Writes a property section (MQTT 5 §2.2.2) into a span; the caller gives it enough room.</summary>
public ref struct PropertyWriter(Span<byte> destination)
{
    private readonly Span<byte> _destination = destination;
    private FieldWriter _fields = new(destination);

    /// <summary>The section written so far, without its length.</summary>
    public readonly ReadOnlySpan<byte> Written => _destination[.._fields.Written];

    /// <summary>Adds a number in the width that its property has.</summary>
    public void Add(PropertyId id, uint value)
    {
        _fields.VariableInt((uint)id);
        switch (PropertyReader.KindOf(id))
        {
            case PropertyKind.Byte:
                _fields.Byte((byte)value);
                break;
            case PropertyKind.UInt16:
                _fields.UInt16((ushort)value);
                break;
            case PropertyKind.UInt32:
                _fields.UInt32(value);
                break;
            case PropertyKind.VariableInt:
                _fields.VariableInt(value);
                break;
            default:
                throw new ArgumentException("This property is not a number.", nameof(id));
        }
    }

    /// <summary>Adds text or binary data.</summary>
    public void Add(PropertyId id, ReadOnlySpan<byte> value)
    {
        if (PropertyReader.KindOf(id) is not (PropertyKind.Text or PropertyKind.Binary))
        {
            throw new ArgumentException("This property is neither text nor binary data.", nameof(id));
        }

        _fields.VariableInt((uint)id);
        _fields.Binary(value);
    }

    public void AddUserProperty(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        _fields.VariableInt((uint)PropertyId.UserProperty);
        _fields.Binary(name);
        _fields.Binary(value);
    }

    /// <summary>Adds properties as they were received.</summary>
    public void AddRaw(ReadOnlySpan<byte> properties) => _fields.Raw(properties);
}
