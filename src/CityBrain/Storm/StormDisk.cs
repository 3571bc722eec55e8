using CityBrain.History;
using CityBrain.Model;

namespace CityBrain.Storm;

/// <summary>The brain's process ends here and now; nobody catches this but its keeper.</summary>
internal sealed class StormCrash() : Exception("killed");

/// <summary>
/// A disk that fails as disks do. Written bytes lie in the system's cache, which outlives the process; only a sync
/// makes them, and a folder's sync makes names, outlive a power cut. A sync that fails forgets what it could not write
/// (Rebello et al. 2020): the bytes stay readable and are called clean. Of what is not on the disk a power cut leaves
/// any sectors, in any order.
/// </summary>
internal sealed class StormDisk(ulong seed) : IJournalStore
{
    private const int SectorBytes = 512;

    private sealed class Node
    {
        public byte[] Cached = [], Durable = [];
        public int Length, DurableLength;
        public bool NameDurable;
        /// <summary>Sectors that the next sync writes.</summary>
        public readonly SortedSet<int> Dirty = [];
        /// <summary>Sectors that a failed sync has forgotten.</summary>
        public readonly SortedSet<int> Forgotten = [];
    }

    private readonly SortedDictionary<string, Node> _files = new(StringComparer.Ordinal);
    private SeededRandom _random = SeededRandom.For(seed, 7);

    public bool WriteFails { get; set; }
    public bool SyncFails { get; set; }
    /// <summary>Bytes that still fit; null for plenty.</summary>
    public int? RoomBytes { get; set; }
    /// <summary>The process is killed in the middle of the write that brings this to 0.</summary>
    public int TearAfterWrites { get; set; }
    public long Failures { get; private set; }
    public long Syncs { get; private set; }
    public long Bytes => _files.Values.Sum(f => (long)f.Length);

    public IReadOnlyList<string> Segments() => [.. _files.Keys];

    public IJournalFile Read(string name) => new Open(this, _files[name]);

    public IJournalFile Write(string name)
    {
        if (!_files.TryGetValue(name, out Node? file))
        {
            Fail(WriteFails, "cannot make a file");
            _files.Add(name, file = new Node());
        }
        return new Open(this, file);
    }

    public void SyncNames()
    {
        Fail(SyncFails, "cannot sync the folder");
        foreach (Node f in _files.Values) f.NameDurable = true;
    }

    /// <summary>The power is gone and comes back.</summary>
    public void CutPower()
    {
        foreach ((string name, Node f) in _files.ToArray())
        {
            if (!f.NameDurable && _random.Next(2) == 0)
            {
                _files.Remove(name);
                continue;
            }
            bool lengthKept = _random.Next(2) == 0;
            int length = lengthKept ? f.Length : f.DurableLength;
            byte[] after = new byte[length];
            f.Durable.AsSpan(0, Math.Min(f.DurableLength, length)).CopyTo(after);
            foreach (int sector in f.Dirty.Concat(f.Forgotten).Distinct().Order())
            {
                bool written = f.Dirty.Contains(sector) && _random.Next(2) == 0;
                int from = sector * SectorBytes, to = Math.Min(Math.Min(from + SectorBytes, length), f.Length);
                if (written && to > from) f.Cached.AsSpan(from, to - from).CopyTo(after.AsSpan(from));
            }
            f.Cached = after;
            f.Durable = (byte[])after.Clone();
            f.Length = f.DurableLength = length;
            f.NameDurable = true;
            f.Dirty.Clear();
            f.Forgotten.Clear();
        }
    }

    private void Fail(bool fails, string why)
    {
        if (!fails) return;
        Failures++;
        throw new IOException("the storm's disk " + why);
    }

    private void WriteTo(Node f, ReadOnlySpan<byte> bytes, long at)
    {
        if (TearAfterWrites > 0 && --TearAfterWrites == 0)
        {
            Put(f, bytes[.._random.Next(bytes.Length + 1)], at);
            throw new StormCrash();
        }
        int room = RoomBytes is { } left ? (int)Math.Clamp(left - Math.Max(0, at + bytes.Length - f.Length), -1, 0) : 0;
        if (WriteFails || room < 0)
        {
            Put(f, bytes[.._random.Next(bytes.Length)], at);
            Fail(true, WriteFails ? "fails" : "is full");
        }
        if (RoomBytes is not null) RoomBytes -= (int)Math.Max(0, at + bytes.Length - f.Length);
        Put(f, bytes, at);
    }

    private static void Put(Node f, ReadOnlySpan<byte> bytes, long at)
    {
        if (bytes.IsEmpty) return;
        int end = (int)at + bytes.Length;
        if (f.Cached.Length < end) Array.Resize(ref f.Cached, Math.Max(4096, 2 * end));
        bytes.CopyTo(f.Cached.AsSpan((int)at));
        f.Length = Math.Max(f.Length, end);
        for (int sector = (int)at / SectorBytes; sector <= (end - 1) / SectorBytes; sector++)
        {
            f.Dirty.Add(sector);
            f.Forgotten.Remove(sector);
        }
    }

    private void Sync(Node f)
    {
        Syncs++;
        if (SyncFails)
        {
            foreach (int sector in f.Dirty) f.Forgotten.Add(sector);
            f.Dirty.Clear();
            Fail(true, "does not confirm");
        }
        if (f.Durable.Length < f.Length) Array.Resize(ref f.Durable, f.Cached.Length);
        foreach (int sector in f.Dirty)
        {
            int from = sector * SectorBytes, to = Math.Min(from + SectorBytes, f.Length);
            if (to > from) f.Cached.AsSpan(from, to - from).CopyTo(f.Durable.AsSpan(from));
        }
        f.DurableLength = f.Length;
        f.Dirty.Clear();
    }

    private sealed class Open(StormDisk disk, Node file) : IJournalFile
    {
        public long Length => file.Length;

        public int Read(Span<byte> to, long at)
        {
            int count = (int)Math.Clamp(file.Length - at, 0, to.Length);
            file.Cached.AsSpan((int)Math.Min(at, file.Length), count).CopyTo(to);
            return count;
        }

        public void Write(ReadOnlySpan<byte> bytes, long at) => disk.WriteTo(file, bytes, at);

        public void SetLength(long length)
        {
            disk.Fail(disk.WriteFails, "fails");
            if (length < file.Length) file.Cached.AsSpan((int)length, file.Length - (int)length).Clear();
            else if (length > file.Cached.Length) Array.Resize(ref file.Cached, (int)length);
            file.Length = (int)length;
            for (int sector = (int)length / SectorBytes; sector * SectorBytes < file.DurableLength; sector++)
                file.Dirty.Add(sector);
        }

        public void Sync() => disk.Sync(file);

        public void Dispose()
        {
        }
    }
}
