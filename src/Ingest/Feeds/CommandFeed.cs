using System.Text.Json;
using CityBrain.Ingest.Wire;
using CityBrain.Model;

namespace CityBrain.Ingest.Feeds;

/// <summary>
/// A command: <c>{"intersection":"j1","sequence":7,"timeMs":1000,"validUntilMs":3000,"kind":"show","stage":1,
/// "aspects":"rGG","reason":{...}}</c>. The reason is for people and logs. A reader takes JSON or a binary block of
/// commands by the payload's first byte.
/// </summary>
public static class CommandFeed
{
    internal ref struct Fields(Span<Aspect> aspects)
    {
        public long Sequence = -1, TimeMs = -1, ValidUntilMs = -1, Stage = -1;
        public int Kind, Groups;
        public readonly Span<Aspect> Aspects = aspects;

        public readonly bool Complete => Sequence is >= 0 and <= uint.MaxValue && TimeMs >= 0
            && ValidUntilMs >= 0 && Kind > 0 && Stage is >= -1 and <= short.MaxValue;
    }

    /// <summary>Writes JSON with the reason; its length, or -1 when the buffer is too short (4 kB is enough).</summary>
    public static int Write(
        Span<byte> buffer, in SignalCommand command, ReadOnlySpan<Aspect> aspects, ReadOnlySpan<byte> intersectionId)
    {
        var line = new JsonLine(buffer);
        line.Raw("{\"intersection\":"u8);
        line.Text(intersectionId);
        line.Raw(",\"sequence\":"u8);
        line.Number((long)command.Sequence);
        line.Raw(",\"timeMs\":"u8);
        line.Number(command.TimeMs);
        line.Raw(",\"validUntilMs\":"u8);
        line.Number(command.ValidUntilMs);
        line.Raw(command.Kind == CommandKind.Show ? ",\"kind\":\"show\",\"stage\":"u8 : ",\"kind\":\"release\",\"stage\":"u8);
        line.Number((long)command.TargetStage);
        line.Raw(",\"aspects\":\""u8);
        AspectText.Write(ref line, aspects);
        line.Raw("\",\"reason\":"u8);
        WriteReason(ref line, command.Reason);
        line.Raw("}"u8);
        return line.Length;
    }

    private static void WriteReason(ref JsonLine line, in DecisionReason reason)
    {
        line.Raw("{\"rule\":\""u8);
        line.Raw(WireNames.Rules[(int)reason.Rule]);
        line.Raw("\",\"gate\":\""u8);
        line.Raw(WireNames.Rules[(int)reason.Gate]);
        line.Raw("\",\"asked\":"u8);
        line.Number((long)reason.Asked);
        line.Raw(",\"score\":"u8);
        line.Number(reason.Score);
        line.Raw(",\"queueVehicles\":"u8);
        line.Number(reason.QueueVehicles);
        line.Raw(",\"arrivalsVehicles\":"u8);
        line.Number(reason.ArrivalsVehicles);
        line.Raw(",\"longestWaitS\":"u8);
        line.Number(reason.LongestWaitS);
        line.Raw(",\"longestWaitGroup\":"u8);
        line.Number((long)reason.LongestWaitGroup);
        if (reason.EntryHeld > 0)
        {
            line.Raw(",\"areaFill\":"u8);
            line.Number(reason.AreaFill);
            line.Raw(",\"entryHeld\":"u8);
            line.Number(reason.EntryHeld);
        }
        line.Raw(",\"rejected\":["u8);
        for (int i = 0; i < reason.AlternativeCount; i++)
        {
            line.Raw(i == 0 ? "{\"stage\":"u8 : ",{\"stage\":"u8);
            line.Number((long)reason.Alternatives[i].Stage);
            line.Raw(",\"score\":"u8);
            line.Number(reason.Alternatives[i].Score);
            line.Raw("}"u8);
        }
        line.Raw("]}"u8);
    }

    /// <summary>Writes a binary block of one command; its length, or -1 when the buffer is too short.</summary>
    public static int WriteBinary(
        Span<byte> buffer, in SignalCommand command, ReadOnlySpan<Aspect> aspects, uint numbering = 0)
    {
        if (buffer.Length < BlockHeader.Size) return -1;
        var block = new BlockWriter(buffer, BlockKind.Commands, numbering);
        return block.TryAdd(command, aspects) ? block.Finish() : -1;
    }

    /// <summary>
    /// Reads a command to one controller, JSON or binary. False when it cannot be read, or when a binary record names
    /// another intersection than the topic did.
    /// </summary>
    /// <param name="payload">The message's payload.</param>
    /// <param name="intersection">The intersection that the topic names.</param>
    /// <param name="aspects">Takes one aspect per group.</param>
    /// <param name="command">What was read.</param>
    /// <param name="groups">How many aspects there were.</param>
    public static bool TryRead(
        ReadOnlySpan<byte> payload, int intersection, Span<Aspect> aspects, out ReceivedCommand command, out int groups)
    {
        if (payload.Length > 0 && payload[0] == BlockHeader.First)
            return TryReadBinary(payload, aspects, out command, out groups) && command.Intersection == intersection;
        Fields f = new(aspects);
        bool read = JsonFallback.TryRead(payload, Read, ref f) && f.Complete;
        groups = f.Groups;
        command = new ReceivedCommand(
            (CommandKind)f.Kind, intersection, (uint)f.Sequence, f.TimeMs, f.ValidUntilMs, (int)f.Stage);
        return read;
    }

    private static bool TryReadBinary(
        ReadOnlySpan<byte> payload, Span<Aspect> aspects, out ReceivedCommand command, out int groups)
    {
        command = default;
        groups = 0;
        if (!BlockHeader.TryRead(payload, out BlockHeader header) || header.Kind != BlockKind.Commands
            || header.Count != 1)
        {
            return false;
        }
        ReadOnlySpan<byte> rest = payload[BlockHeader.Size..];
        if (!BlockRecords.TryCommand(ref rest, out command, out ReadOnlySpan<Aspect> read) || rest.Length > 0
            || read.Length > aspects.Length)
        {
            return false;
        }
        read.CopyTo(aspects);
        groups = read.Length;
        return true;
    }

    private static readonly JsonFallback.Field<Fields> Read = static (ref Utf8JsonReader r, ref Fields f) =>
    {
        if (r.ValueTextEquals("sequence"u8)) return JsonFallback.Integer(ref r, ref f.Sequence);
        if (r.ValueTextEquals("timeMs"u8)) return JsonFallback.Integer(ref r, ref f.TimeMs);
        if (r.ValueTextEquals("validUntilMs"u8)) return JsonFallback.Integer(ref r, ref f.ValidUntilMs);
        if (r.ValueTextEquals("stage"u8)) return JsonFallback.Integer(ref r, ref f.Stage);
        if (r.ValueTextEquals("aspects"u8)) return AspectText.TryRead(ref r, f.Aspects, ref f.Groups);
        if (!r.ValueTextEquals("kind"u8)) return JsonFallback.Skip(ref r);
        r.Read();
        if (r.TokenType != JsonTokenType.String) return false;
        f.Kind = r.ValueTextEquals("show"u8) ? 1 : r.ValueTextEquals("release"u8) ? 2 : 0;
        return f.Kind > 0;
    };
}
