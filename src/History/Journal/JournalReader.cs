using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using CityBrain.Model;

namespace CityBrain.History;

/// <summary>How a journal ended.</summary>
public enum JournalEnd
{
    /// <summary>Not read to its end yet.</summary>
    Open,
    /// <summary>The last block is whole.</summary>
    Clean,
    /// <summary>The last block is cut short or its checksum is wrong: the writer was killed while writing it.</summary>
    Torn,
    /// <summary>A block before the end is wrong: bytes were changed.</summary>
    Damaged,
}

/// <summary>A place between two events of a journal, where a block begins.</summary>
public sealed record JournalMark(int Segment, long Position, ulong Events, byte[] Chain);

/// <summary>
/// Reads a journal in order. Never throws on its bytes: the end says what was found. The side data of an event is
/// valid until the next read.
/// </summary>
public sealed class JournalReader : IDisposable
{
    private readonly string _folder;
    private readonly byte[] _chain = new byte[32];
    private readonly byte[] _header = new byte[JournalFormat.HeaderSize];
    private string[] _segments;
    private FileStream? _file;
    private int _segment;
    private readonly byte[] _chainBefore = new byte[32];
    private long _blockStart;
    private ulong _blockFirst;
    private byte[] _payload = new byte[1 << 16];
    private int _payloadLength, _at;
    private uint _left;
    private ulong? _digest;

    private JournalReader(string folder, string[] segments) => (_folder, _segments) = (folder, segments);

    /// <summary>What the journal says about itself; null before the first read, or if even that is torn.</summary>
    public JournalPreamble? Preamble { get; private set; }
    /// <summary>Events read so far.</summary>
    public ulong EventCount { get; private set; }
    public JournalEnd End { get; private set; }
    /// <summary>Segment and byte at which reading ended.</summary>
    public string EndPlace { get; private set; } = "";
    /// <summary>Bytes after the last whole block.</summary>
    public long TornBytes { get; private set; }
    internal ReadOnlySpan<byte> Chain => _chain;
    /// <summary>The last event of a block was read: <see cref="Chain"/> is the chain up to and with it.</summary>
    internal bool AtBlockEnd => _left == 0;
    internal long SegmentPosition { get; private set; }

    /// <exception cref="FileNotFoundException">There is no journal in the folder.</exception>
    public static JournalReader Open(string folder)
    {
        string[] segments = File.Exists(folder) ? [folder] : JournalFormat.Segments(folder);
        if (segments.Length == 0) throw new FileNotFoundException($"no journal in '{folder}'", folder);
        var reader = new JournalReader(folder, segments);
        reader.NextBlock();
        return reader;
    }

    /// <summary>
    /// The digest noted after the last event read, if one was; asking takes it. Ask before the next read.
    /// </summary>
    public bool TryTakeDigest(out ulong digest)
    {
        while (_left == 0 && _digest is null && End == JournalEnd.Open && NextBlock()) { }
        digest = _digest ?? 0;
        bool had = _digest is not null;
        _digest = null;
        return had;
    }

    /// <summary>The next event; false at the end, which <see cref="End"/> then names.</summary>
    public bool TryRead(out CityEvent e, out ReadOnlySpan<byte> extra)
    {
        while (_left == 0)
        {
            if (End != JournalEnd.Open || !NextBlock())
            {
                e = default;
                extra = default;
                return false;
            }
        }
        Span<byte> rest = _payload.AsSpan(_at, _payloadLength - _at);
        e = MemoryMarshal.Read<CityEvent>(rest);
        extra = rest.Slice(CityEvent.Size, e.ExtraLength);
        _at += CityEvent.Size + e.ExtraLength;
        _left--;
        EventCount++;
        return true;
    }

    /// <summary>
    /// The place of the next event, to <see cref="Return"/> to; null where no block begins with it.
    /// </summary>
    public JournalMark? Mark => _left > 0 && EventCount == _blockFirst
        ? new JournalMark(_segment, _blockStart, EventCount, [.. _chainBefore])
        : null;

    /// <summary>Goes back, or on, to a place of this journal: the next event read is the one that was next there.</summary>
    public void Return(JournalMark mark)
    {
        _file?.Dispose();
        _segment = mark.Segment - 1;
        OpenSegment();
        _file!.Position = mark.Position;
        mark.Chain.CopyTo(_chain, 0);
        (EventCount, _left, _digest, End, TornBytes) = (mark.Events, 0, null, JournalEnd.Open, 0);
    }

    /// <summary>
    /// After the end of a journal that somebody is writing: goes on from there, so that the next read finds what has
    /// come since. A damaged journal stays at its end.
    /// </summary>
    public void Continue()
    {
        if (End is not (JournalEnd.Clean or JournalEnd.Torn)) return;
        if (!File.Exists(_folder)) _segments = JournalFormat.Segments(_folder);
        _file?.Dispose();
        _segment = Math.Max(0, _segment - 1);
        OpenSegment();
        _file!.Position = SegmentPosition;
        (End, TornBytes) = (JournalEnd.Open, 0);
    }

    public void Dispose() => _file?.Dispose();

    private bool NextBlock()
    {
        if (_file is null && !OpenSegment()) return Stop(JournalEnd.Clean, 0);
        long start = _file!.Position;
        SegmentPosition = start;
        int got = _file.ReadAtLeast(_header, _header.Length, throwOnEndOfStream: false);
        if (got == 0)
        {
            _file.Dispose();
            _file = null;
            if (_segment < _segments.Length) return NextBlock();
            return Stop(JournalEnd.Clean, 0);
        }
        if (!ReadPayload(got)) return Broken(start);
        return TakeBlock(start);
    }

    private bool ReadPayload(int headerBytes)
    {
        if (headerBytes < _header.Length) return false;
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(_header.AsSpan(4));
        if (BinaryPrimitives.ReadUInt32LittleEndian(_header) != JournalFormat.Magic
            || length > JournalFormat.MaxPayload || length > _file!.Length - _file.Position) return false;
        if (_payload.Length < length) _payload = new byte[length];
        _payloadLength = (int)length;
        _file.ReadExactly(_payload, 0, _payloadLength);
        uint crc = BinaryPrimitives.ReadUInt32LittleEndian(_header.AsSpan(8));
        return crc == JournalFormat.CrcOf(_header, _payload.AsSpan(0, _payloadLength));
    }

    private bool TakeBlock(long start)
    {
        bool first = _segment == 1 && start == 0;
        if (!first && !_header.AsSpan(32, 32).SequenceEqual(_chain)) return Stop(JournalEnd.Damaged, start);
        if (BinaryPrimitives.ReadUInt64LittleEndian(_header.AsSpan(16)) != EventCount && !first)
            return Stop(JournalEnd.Damaged, start);
        var kind = (BlockKind)BinaryPrimitives.ReadUInt16LittleEndian(_header.AsSpan(12));
        _at = 0;
        _left = 0;
        _chain.CopyTo(_chainBefore, 0);
        (_blockStart, _blockFirst) = (start, EventCount);
        if (kind == BlockKind.Events)
        {
            _left = BinaryPrimitives.ReadUInt32LittleEndian(_header.AsSpan(24));
            if (!EventsFit()) return Stop(JournalEnd.Damaged, start);
        }
        else if (kind == BlockKind.Digest && _payloadLength == 8)
            _digest = BinaryPrimitives.ReadUInt64LittleEndian(_payload);
        else if (kind != BlockKind.Preamble || !TryPreamble()) return Stop(JournalEnd.Damaged, start);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(_header);
        hash.AppendData(_payload, 0, _payloadLength);
        hash.GetHashAndReset(_chain);
        SegmentPosition = _file!.Position;
        return true;
    }

    private bool TryPreamble()
    {
        try
        {
            Preamble ??= JournalPreamble.Unpack(_payload.AsSpan(0, _payloadLength).ToArray());
            return true;
        }
        catch (Exception e) when (e is InvalidDataException or System.Text.Json.JsonException)
        {
            return false;
        }
    }

    private bool EventsFit()
    {
        int at = 0;
        for (uint i = 0; i < _left; i++)
        {
            if (at + CityEvent.Size > _payloadLength) return false;
            at += CityEvent.Size + MemoryMarshal.Read<CityEvent>(_payload.AsSpan(at)).ExtraLength;
        }
        return at == _payloadLength;
    }

    /// <summary>A broken block is torn when nothing follows it that was written later.</summary>
    private bool Broken(long start)
    {
        bool last = _segment == _segments.Length && !MagicAfter(start);
        return Stop(last ? JournalEnd.Torn : JournalEnd.Damaged, start);
    }

    private bool MagicAfter(long start)
    {
        _file!.Position = start + 4;
        Span<byte> magic = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(magic, JournalFormat.Magic);
        byte[] buffer = new byte[1 << 16];
        int kept = 0;
        while (true)
        {
            int got = _file.Read(buffer, kept, buffer.Length - kept);
            if (got == 0) return false;
            int filled = kept + got;
            if (buffer.AsSpan(0, filled).IndexOf(magic) >= 0) return true;
            kept = Math.Min(3, filled);
            buffer.AsSpan(filled - kept, kept).CopyTo(buffer);
        }
    }

    private bool OpenSegment()
    {
        if (_segment >= _segments.Length) return false;
        _file = new FileStream(_segments[_segment++], FileMode.Open, FileAccess.Read, FileShare.ReadWrite, 1 << 16);
        return true;
    }

    private bool Stop(JournalEnd end, long at)
    {
        End = end;
        if (end != JournalEnd.Clean) TornBytes = _file!.Length - at;
        EndPlace = $"{Path.GetFileName(_segments[Math.Max(0, _segment - 1)])}, byte {at}";
        return false;
    }
}
