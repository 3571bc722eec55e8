using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using CityBrain.Model.HiRes;

namespace CityBrain.History.HiRes;

/// <summary>
/// Events laid aside on disk during an import, in order of time, 16 bytes each as in memory.
/// </summary>
internal static class RunFile
{
    private const int EventsOfRead = 1 << 14;

    public static void Write(string path, ReadOnlySpan<HiResEvent> events)
    {
        using var writer = new RunWriter(path);
        foreach (ref readonly HiResEvent e in events)
        {
            writer.Add(in e);
        }

        writer.Complete();
    }

    public static IEnumerable<HiResEvent> Read(string path)
    {
        using FileStream file = File.OpenRead(path);
        var events = new HiResEvent[EventsOfRead];
        for (int count = Fill(file, events); count > 0; count = Fill(file, events))
        {
            for (int i = 0; i < count; i++)
            {
                yield return events[i];
            }
        }
    }

    private static int Fill(FileStream file, HiResEvent[] events)
    {
        Span<byte> bytes = MemoryMarshal.AsBytes(events.AsSpan());
        int read = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        return read / Unsafe.SizeOf<HiResEvent>();
    }
}

/// <summary>Writes a run.</summary>
internal sealed class RunWriter(string path) : IDisposable
{
    private readonly FileStream _file = File.Create(path, 1);
    private readonly HiResEvent[] _events = new HiResEvent[1 << 14];
    private int _count;
    private long _written;

    public void Add(in HiResEvent e)
    {
        if (_count == _events.Length)
        {
            Flush();
        }

        _events[_count++] = e;
    }

    /// <summary>Ends the run; returns the number of events.</summary>
    public long Complete()
    {
        Flush();
        return _written;
    }

    public void Dispose() => _file.Dispose();

    private void Flush()
    {
        _file.Write(MemoryMarshal.AsBytes(_events.AsSpan(0, _count)));
        _written += _count;
        _count = 0;
    }
}
