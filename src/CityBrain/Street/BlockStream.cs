using System.Runtime.InteropServices;
using CityBrain.Ingest.Wire;
using CityBrain.Model;

namespace CityBrain.Street;

/// <summary>Sends a message; the spans are valid during the call only.</summary>
internal delegate void Sender(ReadOnlySpan<byte> topic, ReadOnlySpan<byte> payload);

/// <summary>Gathers a district's readings into binary blocks, one kind a block, and sends each when it is full.</summary>
internal sealed class BlockStream(byte[] topic, uint detectors, uint intersections, Sender send)
{
    private const int BlockBytes = 32 << 10, MostGathered = 1 << 20;

    private readonly EventBatch _gathered = new(16_384, MostGathered);
    private readonly byte[] _block = new byte[BlockBytes];
    private uint _sequence;

    public void Add(in CityEvent e, ReadOnlySpan<byte> extra)
    {
        if (_gathered.TryAdd(e, extra)) return;
        Flush();
        _gathered.TryAdd(e, extra);
    }

    public void Flush()
    {
        Send(BlockKind.Controllers, EventKind.Controller, intersections);
        Send(BlockKind.Loops, EventKind.Loop, detectors);
        Send(BlockKind.Cameras, EventKind.Camera, detectors);
        Send(BlockKind.Buttons, EventKind.Button, detectors);
        _gathered.Clear();
    }

    private void Send(BlockKind kind, EventKind events, uint numbering)
    {
        var block = new BlockWriter(_block, kind, numbering, ++_sequence);
        for (int i = 0; i < _gathered.Count; i++)
        {
            if (_gathered[i].Kind != events || TryAdd(ref block, _gathered[i], _gathered.Extra(i))) continue;
            send(topic, _block.AsSpan(0, block.Finish()));
            block = new BlockWriter(_block, kind, numbering, ++_sequence);
            TryAdd(ref block, _gathered[i], _gathered.Extra(i));
        }
        if (block.Count > 0) send(topic, _block.AsSpan(0, block.Finish()));
    }

    private bool TryAdd(ref BlockWriter block, in CityEvent e, ReadOnlySpan<byte> extra) => e.Kind switch
    {
        EventKind.Loop => block.TryAdd(new LoopReading(e.TimeMs, e.Index, e.A, e.B, e.C)),
        EventKind.Camera => block.TryAddCamera(e.TimeMs, e.Index, _sequence, (int)e.A, (int)e.B,
            MemoryMarshal.Cast<byte, VehicleSighting>(extra)),
        EventKind.Button => block.TryAddButton(e.TimeMs, e.Index, true),
        EventKind.Controller => block.TryAdd(SensorPublisher.ReportOf(e), MemoryMarshal.Cast<byte, Aspect>(extra)),
        _ => true,
    };
}
