using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using CityBrain.Model;

namespace CityBrain.History;

/// <summary>
/// Appends events to a journal. Events are gathered with <see cref="Add"/> and have left the process when
/// <see cref="Commit"/> returns: a killed process loses nothing that was committed. After <see cref="Sync"/> a power
/// cut loses nothing of it either. Not thread-safe; nothing is allocated per event.
/// </summary>
public sealed class JournalWriter : IDisposable
{
    private readonly IJournalStore _store;
    private readonly byte[] _preamble;
    private readonly long _segmentBytes;
    private readonly byte[] _previous = new byte[32];
    private readonly byte[] _small = new byte[JournalFormat.HeaderSize + 8];
    private byte[] _block = new byte[1 << 20];
    private int _used = JournalFormat.HeaderSize;
    private uint _gathered;
    private IJournalFile? _file;
    private long _position, _synced;
    private int _segment;
    private bool _syncFailed, _nameSynced;

    /// <summary>Number of events committed over all segments.</summary>
    public ulong EventCount { get; private set; }

    /// <summary>Bytes that were written and that the disk has not confirmed.</summary>
    public long Unsynced => _position - _synced;

    private JournalWriter(IJournalStore store, byte[] preamble, long segmentBytes)
    {
        _store = store;
        _preamble = preamble;
        _segmentBytes = segmentBytes;
    }

    /// <summary>
    /// Opens a journal for appending: a new one, or the one in the folder, whose torn last block is cut off.
    /// </summary>
    /// <exception cref="JournalDamagedException">The journal in the folder is damaged, or of a newer format.</exception>
    /// <exception cref="IOException">The folder cannot be written, or another process has it open.</exception>
    public static JournalWriter Open(string folder, JournalPreamble preamble, long segmentBytes = 256L << 20) =>
        Open(new JournalFolder(folder), preamble, segmentBytes);

    /// <inheritdoc cref="Open(string, JournalPreamble, long)"/>
    public static JournalWriter Open(IJournalStore store, JournalPreamble preamble, long segmentBytes = 256L << 20)
    {
        var writer = new JournalWriter(store, preamble.Pack(), segmentBytes);
        try
        {
            if (!writer.Resume()) writer.NextSegment();
            return writer;
        }
        catch
        {
            writer._file?.Dispose();
            throw;
        }
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
        WriteBlock(_block.AsSpan(0, _used), BlockKind.Events, _gathered);
        EventCount += _gathered;
        DropGathered();
    }

    /// <summary>Forgets what was gathered since the last commit, after a failed one: nobody has acted on it.</summary>
    public void DropGathered()
    {
        _gathered = 0;
        _used = JournalFormat.HeaderSize;
    }

    /// <summary>Notes the brain's digest after all events committed so far, for `verify`.</summary>
    /// <exception cref="IOException">The disk is full or gone.</exception>
    public void NoteDigest(ulong digest)
    {
        Commit();
        BinaryPrimitives.WriteUInt64LittleEndian(_small.AsSpan(JournalFormat.HeaderSize), digest);
        WriteBlock(_small, BlockKind.Digest, 0);
    }

    /// <summary>
    /// Returns when all that was committed is on the disk, its name in the folder too. After a failed one the system may
    /// have forgotten what it could not write and call the next one a success (Rebello et al., "Can applications
    /// recover from fsync failures?", USENIX ATC 2020), so everything that was not confirmed is then written again.
    /// </summary>
    /// <exception cref="IOException">The disk is full or gone.</exception>
    public void Sync()
    {
        if (_file is null) return;
        if (_syncFailed) WriteUnsyncedAgain();
        _syncFailed = true;
        _file.Sync();
        if (!_nameSynced) _store.SyncNames();
        _nameSynced = true;
        _syncFailed = false;
        _synced = _position;
    }

    /// <summary>Commits, syncs and says that all of it is on the disk.</summary>
    /// <exception cref="IOException">The disk is full or gone; the journal is closed all the same.</exception>
    public void Dispose()
    {
        if (_file is null) return;
        try
        {
            Commit();
            Sync();
            WriteBlock(_small.AsSpan(0, JournalFormat.HeaderSize), BlockKind.End, 0);
            Sync();
        }
        finally
        {
            Abandon();
        }
    }

    /// <summary>Closes without another word, as a killed process does.</summary>
    public void Abandon()
    {
        _file?.Dispose();
        _file = null;
    }

    /// <summary>Goes on with the journal that is there; false when there is none.</summary>
    private bool Resume()
    {
        using JournalReader? reader = JournalReader.TryOpen(_store);
        if (reader is null) return false;
        while (reader.TryRead(out _, out _)) { }
        if (reader.End is JournalEnd.Damaged or JournalEnd.Newer)
            throw new JournalDamagedException(reader.EndPlace, reader.End);
        EventCount = reader.EventCount;
        reader.Chain.CopyTo(_previous);
        _segment = reader.SegmentNumber;
        _position = reader.SegmentPosition;
        // The process before this one may have died of a sync that failed: what it saw unconfirmed is written again.
        _synced = Math.Min(reader.Confirmed, _position);
        _syncFailed = true;
        _file = _store.Write(reader.SegmentName);
        _file.SetLength(_position);
        if (_position == 0) WritePreamble();
        // What was cut off must not come back behind new blocks after a power cut.
        Sync();
        return true;
    }

    /// <summary>Begins a segment. One that a failed attempt left behind is written anew.</summary>
    private void NextSegment()
    {
        Sync();
        IJournalFile next = _store.Write(JournalFormat.SegmentName(_segment + 1));
        (IJournalFile? file, long position) = (_file, _position);
        try
        {
            next.SetLength(0);
            (_file, _position, _synced) = (next, 0, 0);
            WritePreamble();
        }
        catch
        {
            (_file, _position, _synced) = (file, position, position);
            next.Dispose();
            throw;
        }
        file?.Dispose();
        _segment++;
        _nameSynced = false;
    }

    private void WritePreamble()
    {
        var block = new byte[JournalFormat.HeaderSize + _preamble.Length];
        _preamble.CopyTo(block, JournalFormat.HeaderSize);
        WriteBlock(block, BlockKind.Preamble, 0);
    }

    private void WriteBlock(Span<byte> block, BlockKind kind, uint events)
    {
        JournalFormat.WriteHeader(block, kind, block[JournalFormat.HeaderSize..], EventCount, events,
            (uint)Math.Min(Unsynced, uint.MaxValue), _previous);
        _file!.Write(block, _position);
        _position += block.Length;
        SHA256.HashData(block, _previous);
    }

    private void WriteUnsyncedAgain()
    {
        byte[] buffer = new byte[(int)Math.Min(Unsynced, 1 << 20)];
        for (long at = _synced; at < _position;)
        {
            int got = _file!.Read(buffer.AsSpan(0, (int)Math.Min(buffer.Length, _position - at)), at);
            if (got == 0) throw new IOException("the journal has lost what it wrote");
            _file.Write(buffer.AsSpan(0, got), at);
            at += got;
        }
    }
}

/// <summary>A journal cannot be gone on with; nothing is appended to it.</summary>
public sealed class JournalDamagedException(string place, JournalEnd end) : IOException(end == JournalEnd.Newer
    ? $"the journal was written by a newer version (at {place}); use that one, or another folder"
    : $"the journal is damaged at {place}; move it away and keep it")
{
    public string Place { get; } = place;
}
