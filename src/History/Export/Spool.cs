using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using CityBrain.History.Arrow;
using Microsoft.Win32.SafeHandles;

namespace CityBrain.History.Export;

/// <summary>A piece of a segment: rows of one table in the form its store takes.</summary>
public readonly record struct SpoolPart(string Table, ReadOnlyMemory<byte> Payload);

/// <summary>What is sent as one.</summary>
/// <param name="Number">Rises by one with every segment of a spool.</param>
/// <param name="Position">How far the source was read when it was made.</param>
/// <param name="Points">Rows.</param>
/// <param name="Parts">The rows.</param>
public sealed record SpoolSegment(long Number, long Position, int Points, IReadOnlyList<SpoolPart> Parts)
{
    /// <summary>All segments before this number were acknowledged when this one was taken: none comes again.</summary>
    public long Oldest { get; init; }
}

/// <summary>
/// A bounded queue on disk between a source and a store that may be down: a file for each segment, forced to the disk
/// and renamed into its place. Several segments may be out for sending at once; one is taken away when the store has
/// acknowledged it and all before it. Killed anywhere, it goes on with the oldest segment not taken away (so those that
/// were acknowledged out of order are sent again), and tells its source where to go on reading.
/// <code>
///  0  u32  magic "CBS1"
///  4  u32  CRC-32C of all that follows
///  8  i64  number     16  i64  position     24  i32  points     28  i32  parts
/// 32  for each part: i32 bytes of its table's name, the name (UTF-8), i32 bytes of its payload, the payload
/// </code>
/// One thread appends, any number take.
/// </summary>
public sealed class Spool : IDisposable
{
    private const uint Magic = 0x31534243;
    private const int HeaderBytes = 32;
    private const string Extension = ".spool";

    private readonly string _folder;
    private readonly long _limitBytes;
    private readonly FileStream _lock;
    private readonly Lock _gate = new(), _removing = new();
    private readonly SortedDictionary<long, long> _waiting = [];
    private readonly Dictionary<long, long> _done = [];
    private readonly SemaphoreSlim _appended = new(0), _removed = new(0);
    private long _bytes;
    private long _next, _untaken;

    /// <param name="folder">Its folder, made when it is not there.</param>
    /// <param name="limitBytes">Most bytes waiting.</param>
    /// <exception cref="IOException">Another process has it open.</exception>
    public Spool(string folder, long limitBytes)
    {
        (_folder, _limitBytes) = (folder, limitBytes);
        Directory.CreateDirectory(folder);
        _lock = new FileStream(
            Path.Combine(folder, ".lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        Id = ReadId();
        (long unsent, Position) = ReadSent();
        _next = unsent;
        foreach (string part in Directory.GetFiles(folder, "*.part")) File.Delete(part);
        foreach (string path in Directory.GetFiles(folder, "*" + Extension)) Enter(path, unsent);
        _untaken = unsent;
    }

    /// <summary>Names the spool for the store, so that it can tell a segment sent twice.</summary>
    public string Id { get; }

    /// <summary>Up to here the source has been read and is safe; 0 at first.</summary>
    public long Position { get; private set; }

    public long WaitingBytes { get { lock (_gate) return _bytes; } }

    public int WaitingSegments { get { lock (_gate) return _waiting.Count; } }

    /// <summary>Segments the store refused for good; they lie in the folder <c>refused</c>.</summary>
    public long Refused { get; private set; }

    /// <summary>Times an append had to wait for room.</summary>
    public long WaitsForRoom { get; private set; }

    /// <summary>Appends a segment, waiting for room; when it returns, the segment is on the disk.</summary>
    public async Task AppendAsync(long position, int points, IReadOnlyList<SpoolPart> parts, CancellationToken cancel)
    {
        List<ReadOnlyMemory<byte>> pieces = Pack(_next, position, points, parts);
        long length = pieces.Sum(p => (long)p.Length);
        while (WaitingSegments > 0 && WaitingBytes + length > _limitBytes)
        {
            WaitsForRoom++;
            await _removed.WaitAsync(TimeSpan.FromSeconds(1), cancel).ConfigureAwait(false);
        }
        string path = PathOf(_next);
        using (SafeFileHandle file = File.OpenHandle(path + ".part", FileMode.Create, FileAccess.Write))
        {
            await RandomAccess.WriteAsync(file, pieces, 0, cancel).ConfigureAwait(false);
            RandomAccess.FlushToDisk(file);
        }
        File.Move(path + ".part", path);
        lock (_gate)
        {
            _waiting.Add(_next++, length);
            _bytes += length;
        }
        Position = position;
        Wake(_appended);
    }

    /// <summary>
    /// The oldest segment that nobody has taken yet, waiting for one; null when the time is up first. Who takes it keeps
    /// it until it is removed or refused.
    /// </summary>
    /// <exception cref="IOException">The disk changed its bytes.</exception>
    public async Task<SpoolSegment?> TakeAsync(TimeSpan wait, CancellationToken cancel)
    {
        (long number, long oldest) = Untaken();
        if (number < 0)
        {
            await _appended.WaitAsync(wait, cancel).ConfigureAwait(false);
            (number, oldest) = Untaken();
        }
        if (number < 0) return null;
        string path = PathOf(number);
        byte[] bytes = await File.ReadAllBytesAsync(path, cancel).ConfigureAwait(false);
        return Unpack(path, bytes) with { Oldest = oldest };
    }

    /// <summary>The store has it: it is taken away, as soon as all before it are.</summary>
    public void Remove(SpoolSegment segment)
    {
        lock (_removing)
        {
            _done[segment.Number] = segment.Position;
            List<long> front = AcknowledgedInFront();
            if (front.Count == 0) return;
            WriteSent(front[^1], _done[front[^1]]);
            foreach (long number in front)
            {
                _done.Remove(number);
                File.Delete(PathOf(number));
                Forget(number);
            }
        }
    }

    /// <summary>The store will never take it: it is laid aside with the reason, and the next one is up.</summary>
    public void Refuse(SpoolSegment segment, string reason)
    {
        string refused = Path.Combine(_folder, "refused");
        Directory.CreateDirectory(refused);
        string name = Path.Combine(refused, Path.GetFileName(PathOf(segment.Number)));
        File.WriteAllText(name + ".txt", reason + "\n");
        lock (_removing)
        {
            File.Copy(PathOf(segment.Number), name, overwrite: true);
            using (FileStream copy = new(name, FileMode.Open, FileAccess.ReadWrite)) copy.Flush(flushToDisk: true);
            Refused++;
            Remove(segment);
        }
    }

    public void Dispose()
    {
        _lock.Dispose();
        _appended.Dispose();
        _removed.Dispose();
    }

    /// <summary>What the segment's file holds, in pieces: the payloads are not copied.</summary>
    private static List<ReadOnlyMemory<byte>> Pack(
        long number, long position, int points, IReadOnlyList<SpoolPart> parts)
    {
        byte[] header = new byte[HeaderBytes];
        BinaryPrimitives.WriteUInt32LittleEndian(header, Magic);
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(8), number);
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(16), position);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(24), points);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(28), parts.Count);
        uint crc = Crc32C.Append(0, header.AsSpan(8));
        List<ReadOnlyMemory<byte>> pieces = [header];
        foreach (SpoolPart part in parts)
        {
            int name = Encoding.UTF8.GetByteCount(part.Table);
            byte[] head = new byte[8 + name];
            BinaryPrimitives.WriteInt32LittleEndian(head, name);
            Encoding.UTF8.GetBytes(part.Table, head.AsSpan(4));
            BinaryPrimitives.WriteInt32LittleEndian(head.AsSpan(4 + name), part.Payload.Length);
            pieces.Add(head);
            pieces.Add(part.Payload);
            crc = Crc32C.Append(Crc32C.Append(crc, head), part.Payload.Span);
        }
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(4), crc);
        return pieces;
    }

    private static SpoolSegment Unpack(string path, byte[] bytes)
    {
        if (bytes.Length < HeaderBytes || BinaryPrimitives.ReadUInt32LittleEndian(bytes) != Magic
            || BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(4)) != Crc32C.Append(0, bytes.AsSpan(8)))
            throw new IOException($"the spool's segment {path} is damaged; move it away");
        int Int(int at) => BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(at));
        var parts = new SpoolPart[Int(28)];
        int at = HeaderBytes;
        for (int i = 0; i < parts.Length; i++)
        {
            int name = Int(at);
            string table = Encoding.UTF8.GetString(bytes, at + 4, name);
            int length = Int(at + 4 + name);
            parts[i] = new SpoolPart(table, bytes.AsMemory(at + 8 + name, length));
            at += 8 + name + length;
        }
        return new SpoolSegment(BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(8)),
            BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(16)), Int(24), parts);
    }

    private void Enter(string path, long unsent)
    {
        if (!long.TryParse(Path.GetFileNameWithoutExtension(path), NumberStyles.None, CultureInfo.InvariantCulture,
            out long number)) return;
        if (number < unsent)
        {
            // Acknowledged, and killed before it was taken away.
            File.Delete(path);
            return;
        }
        SpoolSegment segment = Unpack(path, File.ReadAllBytes(path));
        _waiting.Add(number, new FileInfo(path).Length);
        _bytes += _waiting[number];
        Position = Math.Max(Position, segment.Position);
        _next = Math.Max(_next, number + 1);
    }

    /// <summary>Numbers of the oldest segment not taken, which it is by that, and of the oldest; -1 for none.</summary>
    private (long Number, long Oldest) Untaken()
    {
        lock (_gate)
        {
            foreach (long number in _waiting.Keys)
            {
                if (number < _untaken) continue;
                _untaken = number + 1;
                // Whoever waits beside this taker looks for more in its turn.
                if (_untaken < _next) Wake(_appended);
                return (number, _waiting.Keys.First());
            }
            return (-1, -1);
        }
    }

    /// <summary>The oldest segments, as far as the store has them without a gap.</summary>
    private List<long> AcknowledgedInFront()
    {
        lock (_gate) return [.. _waiting.Keys.TakeWhile(_done.ContainsKey)];
    }

    private void Forget(long number)
    {
        lock (_gate)
        {
            _bytes -= _waiting[number];
            _waiting.Remove(number);
        }
        Wake(_removed);
    }

    private static void Wake(SemaphoreSlim waiting)
    {
        if (waiting.CurrentCount == 0) waiting.Release();
    }

    private string PathOf(long number) =>
        Path.Combine(_folder, number.ToString("D12", CultureInfo.InvariantCulture) + Extension);

    private string ReadId()
    {
        string path = Path.Combine(_folder, "id");
        if (!File.Exists(path))
        {
            File.WriteAllText(path + ".part", Guid.NewGuid().ToString("n"));
            File.Move(path + ".part", path);
        }
        return File.ReadAllText(path).Trim();
    }

    /// <summary>Number after the last segment acknowledged, and its position.</summary>
    private (long Next, long Position) ReadSent()
    {
        string path = Path.Combine(_folder, "sent");
        if (!File.Exists(path)) return (0, 0);
        string[] words = File.ReadAllText(path).Split(' ');
        return words.Length == 2
            && long.TryParse(words[0], NumberStyles.None, CultureInfo.InvariantCulture, out long number)
            && long.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out long position)
            ? (number + 1, position)
            : throw new IOException($"{path} is damaged");
    }

    private void WriteSent(long number, long position)
    {
        string path = Path.Combine(_folder, "sent");
        using (FileStream file = new(path + ".part", FileMode.Create, FileAccess.Write, FileShare.None, 1))
        {
            file.Write(Encoding.ASCII.GetBytes(string.Create(
                CultureInfo.InvariantCulture, $"{number} {position}")));
            file.Flush(flushToDisk: true);
        }
        File.Move(path + ".part", path, overwrite: true);
    }
}
