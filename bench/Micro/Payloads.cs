using System.Text.Json;
using CityBrain.Ingest.Feeds;
using CityBrain.Ingest.Wire;
using CityBrain.Model;

namespace CityBrain.Micro;

/// <summary>One loop reading out of its payload: JsonSerializer, Utf8JsonReader, the fixed-key scan, binary.</summary>
internal static class Payloads
{
    private const int Distinct = 4096, Repeat = 25, PerBlock = 100;

    public static void Run(Harness harness, int rounds)
    {
        if (!harness.Wants("payload")) return;
        var buffer = new byte[256];
        byte[][] json = new byte[Distinct][], one = new byte[Distinct][];
        var blocks = new byte[Distinct / PerBlock][];
        var random = new SeededRandom(5);
        var readings = new LoopReading[Distinct];
        for (int i = 0; i < Distinct; i++)
        {
            readings[i] = new LoopReading(1_700_000_000_000 + i, i, random.Next(4), random.Next(1000) / 1000f,
                random.Next(2000) / 100f);
            json[i] = buffer[..LoopFeed.Write(buffer, readings[i])];
            one[i] = Block(readings.AsSpan(i, 1));
        }
        for (int b = 0; b < blocks.Length; b++) blocks[b] = Block(readings.AsSpan(b * PerBlock, PerBlock));

        harness.Compare("payload", rounds,
        [
            new("scan", _ => Over(json, static p => LoopFeed.TryRead(p, 0, out CityEvent e) ? e.C : 0), NoAllocation: true),
            new("utf8-json-reader", _ => Over(json, static p => LoopFeed.TryParse(p, out var f) ? (float)f.Speed : 0),
                NoAllocation: true),
            new("json-serializer", _ => Over(json, static p => JsonSerializer.Deserialize<Dto>(p, Options)!.SpeedMps)),
            new("binary", _ => Over(one, ReadBlock), NoAllocation: true),
            new("binary-100-a-message", _ => Over(blocks, ReadBlock, PerBlock), Checked: false, NoAllocation: true),
        ], new() { ["binary"] = 1 });
    }

    private sealed record Dto(long TimeMs, float Count, float Occupancy, float SpeedMps, uint Sequence);

    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web);

    private delegate float Reader(ReadOnlySpan<byte> payload);

    private static Done Over(byte[][] payloads, Reader read, int itemsEach = 1)
    {
        double sum = 0;
        for (int k = 0; k < Repeat; k++)
            foreach (byte[] payload in payloads) sum += read(payload);
        return new Done((long)Repeat * payloads.Length * itemsEach, sum);
    }

    private static float ReadBlock(ReadOnlySpan<byte> payload)
    {
        float sum = 0;
        if (!BlockHeader.TryRead(payload, out BlockHeader header)) return 0;
        ReadOnlySpan<byte> rest = payload[BlockHeader.Size..];
        for (int i = 0; i < header.Count && BlockRecords.TryLoop(ref rest, out CityEvent e); i++) sum += e.C;
        return sum;
    }

    private static byte[] Block(ReadOnlySpan<LoopReading> readings)
    {
        var buffer = new byte[BlockHeader.Size + readings.Length * LoopReading.Size];
        var block = new BlockWriter(buffer, BlockKind.Loops);
        foreach (LoopReading r in readings) block.TryAdd(r);
        block.Finish();
        return buffer;
    }
}
