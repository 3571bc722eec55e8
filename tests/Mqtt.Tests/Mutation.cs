using CityBrain.Mqtt.Codec;
using CityBrain.Mqtt.Tests.Codec;

namespace CityBrain.Mqtt.Tests;

/// <summary>Makes bad packets of good ones, the same ones for the same seed, without allocating.</summary>
internal sealed class Mutation(int seed, byte[][] samples)
{
    private readonly Random _random = new(seed);
    private readonly byte[] _buffer = new byte[1024];

    /// <summary>A mutated sample or random bytes, valid until the next call.</summary>
    public ReadOnlySpan<byte> Next()
    {
        int length = _random.Next(8) == 0 ? Noise() : Copy(samples[_random.Next(samples.Length)], 0);
        return Mutate(length, 0);
    }

    /// <summary>
    /// A packet of this sample's type whose body was mutated and whose length is right, so that it is one packet.
    /// </summary>
    public ReadOnlySpan<byte> NextFramed(byte[] sample)
    {
        FixedHeader.TryRead(sample, int.MaxValue, out FixedHeader header, out _);
        const int Header = 3;
        Copy(sample.AsSpan(header.HeaderLength), Header);
        int body = Mutate(header.BodyLength, Header).Length;
        _buffer[0] = _random.Next(20) == 0 ? (byte)_random.Next(256) : sample[0];
        if (body < 128)
        {
            _buffer[1] = _buffer[0];
            _buffer[2] = (byte)body;
            return _buffer.AsSpan(1, 2 + body);
        }

        _buffer[1] = (byte)(body | 0x80);
        _buffer[2] = (byte)(body >> 7);
        return _buffer.AsSpan(0, Header + body);
    }

    private int Noise()
    {
        int length = _random.Next(64);
        _random.NextBytes(_buffer.AsSpan(0, length));
        return length;
    }

    private int Copy(ReadOnlySpan<byte> bytes, int at)
    {
        bytes.CopyTo(_buffer.AsSpan(at));
        return bytes.Length;
    }

    private ReadOnlySpan<byte> Mutate(int length, int at)
    {
        Span<byte> bytes = _buffer.AsSpan(at);
        for (int i = _random.Next(4); i > 0 && length > 0; i--)
        {
            int where = _random.Next(length);
            switch (_random.Next(5))
            {
                case 0:
                    bytes[where] ^= (byte)(1 << _random.Next(8));
                    break;
                case 1:
                    bytes[where] = (byte)_random.Next(256);
                    break;
                case 2:
                    bytes[where] = _random.Next(2) == 0 ? (byte)0 : (byte)0xFF;
                    break;
                case 3:
                    length = where;
                    break;
                default:
                    bytes[where..length].CopyTo(bytes[(where + 1)..]);
                    length++;
                    break;
            }
        }

        return bytes[..length];
    }
}
