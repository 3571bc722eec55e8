using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using CityBrain.Model;
using Microsoft.Win32.SafeHandles;

namespace CityBrain.History;

/// <summary>
/// Appends events to a journal. Events are gathered with <see cref="Add"/> and are on their way to the disk when
/// <see cref="Commit"/> returns: a killed process loses nothing that was committed, a power cut at most the
/// last second (<see cref="Sync"/>). Not thread-safe; nothing is allocated per event.
/// </summary>
public sealed class JournalWriter : IDisposable
{
    private readonly string _folder;
    private readonly byte[] _preamble;
    private readonly long _segmentBytes;
    private readonly byte[] _previous = new byte[32];
    private byte[] _block = new byte[1 << 20];
    private int _used = JournalFormat.HeaderSize;
    private uint _gathered;
    private SafeFileHandle? _file;
    private long _position;
    private int _segment;

    /// <summary>Number of events committed over all segments.</summary>
    public ulong EventCount { get; private set; }

    private JournalWriter(string folder, byte[] preamble, long segmentBytes)
    {
        _folder = folder;
        _preamble = preamble;
        _segmentBytes = segmentBytes;
    }

    /// <summary>
    /// Opens a journal for appending: a new one, or the one in the folder, whose torn last block is cut off.
    /// </summary>
    /// <exception cref="JournalDamagedException">The journal in the folder is damaged before its end.</exception>
    /// <exception cref="IOException">The folder cannot be written, or another process has it open.</exception>
    public static JournalWriter Open(string folder, JournalPreamble preamble, long segmentBytes = 256L << 20)
    {
        Directory.CreateDirectory(folder);
        var writer = new JournalWriter(folder, preamble.Pack(), segmentBytes);
        string[] segments = JournalFormat.Segments(folder);
        if (segments.Length == 0) writer.NextSegment();
        else writer.Resume(segments);
        return writer;
    }

    /// <summary>Gathers one event; it counts only after <see cref="Commit"/>.</summary>
    public void Add(in CityEvent e, ReadOnlySpan<byte> extra)
    {
        int need = CityEvent.Size + extra.Length;
        if (_used + need > _block.Length) Array.Resize(ref _block, Math.Max(_block.Length * 2, _used + need));
        MemoryMarshal.Write(_block.AsSpan(_used), in e);
        extra.CopyTo(_block.AsSpan(_used + CityEvent.Size));
        _used += need;
        _gathered++;
        if (_used > JournalFormat.MaxPayload / 2) Commit();
    }

    /// <summary>Writes what was gathered as one block.</summary>
    /// <exception cref="IOException">The disk is full or gone; the gathered events are kept for another try.</exception>
    public void Commit()
    {
        if (_gathered == 0) return;
        if (_position >= _segmentBytes) NextSegment();
        WriteBlock(BlockKind.Events, _gathered);
        EventCount += _gathered;
        _gathered = 0;
        _used = JournalFormat.HeaderSize;
    }

    /// <summary>Forgets what was gathered since the last commit, after a failed one: nobody has acted on it.</summary>
    public void DropGathered()
    {
        _gathered = 0;
        _used = JournalFormat.HeaderSize;
    }

    /// <summary>Notes the brain's digest after all events committed so far, for `verify`.</summary>
    public void NoteDigest(ulong digest)
    {
        Commit();
        BinaryPrimitives.WriteUInt64LittleEndian(_block.AsSpan(JournalFormat.HeaderSize), digest);
        _used = JournalFormat.HeaderSize + 8;
        WriteBlock(BlockKind.Digest, 0);
        _used = JournalFormat.HeaderSize;
    }

    /// <summary>Forces the segment to the disk.</summary>
    public void Sync()
    {
        if (_file is not null) RandomAccess.FlushToDisk(_file);
    }

    public void Dispose()
    {
        if (_file is null) return;
        Commit();
        Sync();
        _file.Dispose();
        _file = null;
    }

    private void Resume(string[] segments)
    {
        using var reader = JournalReader.Open(_folder);
        while (reader.TryRead(out _, out _)) { }
        if (reader.End == JournalEnd.Damaged) throw new JournalDamagedException(reader.EndPlace);
        EventCount = reader.EventCount;
        reader.Chain.CopyTo(_previous);
        _segment = segments.Length;
        _file = OpenFile(segments[^1], FileMode.Open);
        _position = reader.SegmentPosition;
        RandomAccess.SetLength(_file, _position);
        if (_position == 0) WritePreamble();
    }

    private void NextSegment()
    {
        Sync();
        _file?.Dispose();
        _segment++;
        _file = OpenFile(Path.Combine(_folder, JournalFormat.SegmentName(_segment)), FileMode.CreateNew);
        _position = 0;
        WritePreamble();
    }

    private static SafeFileHandle OpenFile(string path, FileMode mode) =>
        File.OpenHandle(path, mode, FileAccess.ReadWrite, FileShare.Read);

    private void WritePreamble()
    {
        var block = new byte[JournalFormat.HeaderSize + _preamble.Length];
        _preamble.CopyTo(block, JournalFormat.HeaderSize);
        WriteBlock(block, BlockKind.Preamble, 0);
    }

    private void WriteBlock(BlockKind kind, uint events) => WriteBlock(_block.AsSpan(0, _used), kind, events);

    private void WriteBlock(Span<byte> block, BlockKind kind, uint events)
    {
        JournalFormat.WriteHeader(block, kind, block[JournalFormat.HeaderSize..], EventCount, events, _previous);
        RandomAccess.Write(_file!, block, _position);
        _position += block.Length;
        SHA256.HashData(block, _previous);
    }
}

/// <summary>A journal is damaged before its end; nothing is appended to it.</summary>
public sealed class JournalDamagedException(string place)
    : IOException($"the journal is damaged at {place}; move it away and keep it")
{
    public string Place { get; } = place;
}
