using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using CityBrain.Model;

namespace CityBrain.Dashboard;

/// <summary>
/// The usual week on disk: "CBUSUAL1", the SHA-256 of the city's lane names, then the profile's arrays
/// (little-endian) and the SHA-256 of them. Written to a new file that takes the old one's place.
/// </summary>
internal static class ProfileFile
{
    private static ReadOnlySpan<byte> Magic => "CBUSUAL1"u8;
    private const int HashBytes = 32;

    /// <summary>Reads a profile, or says why it cannot be used.</summary>
    public static string? Read(string path, City city, WeekProfile into)
    {
        byte[] bytes;
        try
        {
            bytes = File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return e.Message;
        }
        int head = Magic.Length + HashBytes, body = SizeOf(into);
        if (bytes.Length != head + body + HashBytes || !bytes.AsSpan(0, Magic.Length).SequenceEqual(Magic))
            return "it is damaged or of another city";
        if (!bytes.AsSpan(Magic.Length, HashBytes).SequenceEqual(NamesOf(city))) return "the city has changed since";
        ReadOnlySpan<byte> arrays = bytes.AsSpan(head, body);
        if (!SHA256.HashData(arrays).AsSpan().SequenceEqual(bytes.AsSpan(head + body))) return "it is damaged";
        foreach (Memory<byte> part in PartsOf(into))
        {
            arrays[..part.Length].CopyTo(part.Span);
            arrays = arrays[part.Length..];
        }
        return null;
    }

    /// <exception cref="IOException">The disk is full or gone.</exception>
    public static void Write(string path, City city, WeekProfile profile)
    {
        if (!BitConverter.IsLittleEndian) throw new IOException("profiles are written on little-endian machines only");
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        string next = path + ".new";
        using (var file = new FileStream(next, FileMode.Create, FileAccess.Write))
        using (var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256))
        {
            file.Write(Magic);
            file.Write(NamesOf(city));
            foreach (Memory<byte> part in PartsOf(profile))
            {
                file.Write(part.Span);
                hash.AppendData(part.Span);
            }
            file.Write(hash.GetHashAndReset());
            file.Flush(flushToDisk: true);
        }
        File.Move(next, path, overwrite: true);
    }

    private static int SizeOf(WeekProfile profile) => PartsOf(profile).Sum(p => p.Length);

    private static Memory<byte>[] PartsOf(WeekProfile p) =>
        [Bytes(p.HourCount), Bytes(p.QuarterCount), Bytes(p.City), Bytes(p.Delay), Bytes(p.Speed)];

    private static Memory<byte> Bytes<T>(T[] array) where T : unmanaged => new ArrayBytes<T>(array).Memory;

    private static byte[] NamesOf(City city)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> length = stackalloc byte[4];
        foreach (Lane lane in city.Lanes)
        {
            byte[] name = Encoding.UTF8.GetBytes(lane.Id);
            BinaryPrimitives.WriteInt32LittleEndian(length, name.Length);
            hash.AppendData(length);
            hash.AppendData(name);
        }
        return hash.GetHashAndReset();
    }

    /// <summary>An array's memory seen as bytes.</summary>
    private sealed class ArrayBytes<T>(T[] array) : System.Buffers.MemoryManager<byte> where T : unmanaged
    {
        public override Span<byte> GetSpan() => MemoryMarshal.AsBytes(array.AsSpan());
        public override System.Buffers.MemoryHandle Pin(int elementIndex = 0) => throw new NotSupportedException();
        public override void Unpin() { }
        protected override void Dispose(bool disposing) { }
    }
}
