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
    /// <summary>
    /// The last block is cut short or its checksum is wrong: the writer was killed, or the power cut, while writing it.
    /// </summary>
    Torn,
    /// <summary>A block that the disk had confirmed is wrong: bytes were changed.</summary>
    Damaged,
    /// <summary>A block of a format that this program does not know: a newer one wrote it.</summary>
    Newer,
}

/// <summary>A place between two events of a journal, where a block begins.</summary>
public sealed record JournalMark(int Segment, long Position, ulong Events, byte[] Chain);

/// <summary>
/// Reads a journal in order. Never throws on its bytes: the end says what was found. The side data of an event is
/// valid until the next read.
/// </summary>
public sealed class JournalReader : IDisposable
{
    private readonly IJournalStore _store;
    private readonly byte[] _chain = new byte[32];
    private readonly byte[] _header = new byte[JournalFormat.HeaderSize];
    private IReadOnlyList<string> _segments;
    private IJournalFile? _file;
    private long _position;
    private int _segment;
    private readonly byte[] _chainBefore = new byte[32];
    private long _blockStart;
    private ulong _blockFirst;
    private byte[] _payload = new byte[1 << 16];
    private int _payloadLength, _at;
    private uint _left;
    private ulong? _digest;

    private JournalReader(IJournalStore store, IReadOnlyList<string> segments)
    {
        _store = store;
        _segments = segments;
    }

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
    /// <summary>Name of the segment that is read, and where its last whole block ended.</summary>
    internal string SegmentName => _segments[Math.Max(0, _segment - 1)];
    internal int SegmentNumber => _segment;
    internal long SegmentPosition { get; private set; }
    /// <summary>Byte of the segment up to which its last whole block says that the disk had confirmed it.</summary>
    internal long Confirmed { get; private set; }

    /// <exception cref="FileNotFoundException">There is no journal in the folder.</exception>
    public static JournalReader Open(string folder) =>
        TryOpen(new JournalFolder(folder)) ?? throw new FileNotFoundException($"no journal in '{folder}'", folder);

    /// <summary>Opens a journal wherever it lies; null when there is none.</summary>
    public static JournalReader? TryOpen(IJournalStore store)
    {
        IReadOnlyList<string> segments = store.Segments();
        if (segments.Count == 0) return null;
        var reader = new JournalReader(store, segments);
        reader.NextBlock();
        return reader;
    }

    /// <summary>
    /// The digest noted after the last event read, if one was; asking takes it. There may be several: ask until there
    /// is none, and before the next read, which forgets them.
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
        _digest = null;
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
        _position = mark.Position;
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
        _segments = _store.Segments();
        _file?.Dispose();
        _segment = Math.Max(0, _segment - 1);
        OpenSegment();
        _position = SegmentPosition;
        (End, TornBytes) = (JournalEnd.Open, 0);
    }

    public void Dispose() => _file?.Dispose();

    private bool NextBlock()
    {
        while (true)
        {
            if (_file is null && !OpenSegment()) return Stop(JournalEnd.Clean, 0);
            long start = _position;
            SegmentPosition = start;
            int got = _file!.Read(_header, start);
            if (got == 0)
            {
                if (_segment == _segments.Count) return Stop(JournalEnd.Clean, start);
                _file.Dispose();
                _file = null;
                continue;
            }
            if (!ReadPayload(got)) return Broken(start);
            ushort version = BinaryPrimitives.ReadUInt16LittleEndian(_header.AsSpan(14));
            return version is 0 or > JournalFormat.Version ? Stop(JournalEnd.Newer, start) : TakeBlock(start);
        }
    }

    private bool ReadPayload(int headerBytes)
    {
        if (headerBytes < _header.Length) return false;
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(_header.AsSpan(4));
        _position += _header.Length;
        if (BinaryPrimitives.ReadUInt32LittleEndian(_header) != JournalFormat.Magic
            || length > JournalFormat.MaxPayload || length > _file!.Length - _position) return false;
        if (_payload.Length < length) _payload = new byte[length];
        _payloadLength = (int)length;
        if (_file.Read(_payload.AsSpan(0, _payloadLength), _position) != _payloadLength) return false;
        _position += length;
        uint crc = BinaryPrimitives.ReadUInt32LittleEndian(_header.AsSpan(8));
        return crc == JournalFormat.CrcOf(_header, _payload.AsSpan(0, _payloadLength));
    }

    private bool TakeBlock(long start)
    {
        bool first = _segment == 1 && start == 0;
        if (!first && !_header.AsSpan(32, 32).SequenceEqual(_chain)) return Stop(JournalEnd.Damaged, start);
        if (BinaryPrimitives.ReadUInt64LittleEndian(_header.AsSpan(16)) != EventCount && !first)
            return Stop(JournalEnd.Damaged, start);
        _chain.CopyTo(_chainBefore, 0);
        (_blockStart, _blockFirst) = (start, EventCount);
        var kind = (BlockKind)BinaryPrimitives.ReadUInt16LittleEndian(_header.AsSpan(12));
        _at = 0;
        _left = 0;
        if (kind == BlockKind.Events)
        {
            _left = BinaryPrimitives.ReadUInt32LittleEndian(_header.AsSpan(24));
            if (!EventsFit())
            {
                _left = 0;
                return Stop(JournalEnd.Damaged, start);
            }
        }
        else if (kind == BlockKind.Digest && _payloadLength == 8)
            _digest = BinaryPrimitives.ReadUInt64LittleEndian(_payload);
        else if (kind != BlockKind.End && (kind != BlockKind.Preamble || !TryPreamble()))
            return Stop(JournalEnd.Damaged, start);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(_header);
        hash.AppendData(_payload, 0, _payloadLength);
        hash.GetHashAndReset(_chain);
        SegmentPosition = _position;
        Confirmed = Math.Max(0, start - BinaryPrimitives.ReadUInt32LittleEndian(_header.AsSpan(28)));
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

    /// <summary>A broken block is torn unless a later one says that the disk had confirmed it.</summary>
    private bool Broken(long start)
    {
        bool last = _segment == _segments.Count;    // a new segment is begun only when the one before is on the disk
        return Stop(last && !ConfirmedLater(start) ? JournalEnd.Torn : JournalEnd.Damaged, start);
    }

    private bool ConfirmedLater(long start)
    {
        Span<byte> magic = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(magic, JournalFormat.Magic);
        byte[] buffer = new byte[1 << 16];
        for (long at = start + 4; ;)
        {
            int got = _file!.Read(buffer, at);
            if (got < magic.Length) return false;
            int found = buffer.AsSpan(0, got).IndexOf(magic);
            if (found >= 0 && Confirms(at + found, start)) return true;
            at += found >= 0 ? found + 1 : got - 3;
        }
    }

    /// <summary>A whole block lies at this place, and was written after the disk had confirmed the broken one.</summary>
    private bool Confirms(long at, long broken)
    {
        _position = at;
        if (!ReadPayload(_file!.Read(_header, at))) return false;
        if (BinaryPrimitives.ReadUInt16LittleEndian(_header.AsSpan(14)) == 1) return true;
        return at - BinaryPrimitives.ReadUInt32LittleEndian(_header.AsSpan(28)) > broken;
    }

    private bool OpenSegment()
    {
        if (_segment >= _segments.Count) return false;
        _file = _store.Read(_segments[_segment++]);
        _position = Confirmed = 0;
        return true;
    }

    private bool Stop(JournalEnd end, long at)
    {
        End = end;
        if (end != JournalEnd.Clean) TornBytes = _file!.Length - at;
        EndPlace = $"{SegmentName}, byte {at}";
        return false;
    }
}
