using CityBrain.Ingest.Feeds;
using CityBrain.Ingest.Wire;
using CityBrain.Model;

namespace CityBrain.Load;

/// <summary>Controllers that show what they are told at once and say so with the next tick.</summary>
internal sealed class ObeyingControllers
{
    private readonly City _city;
    private readonly Dictionary<string, int> _byTopic;
    private readonly Aspect[][] _shown;
    private readonly uint[] _sequences;
    private readonly Aspect[] _told = new Aspect[256];
    private readonly Lock _lock = new();
    private long _commands;

    public ObeyingControllers(City city, FeedTopics topics)
    {
        _city = city;
        _byTopic = city.Intersections.ToDictionary(i => topics.Command(i.Id), i => i.Index);
        _shown = [.. city.Intersections.Select(i => i.Stages[0].Aspects.ToArray())];
        _sequences = new uint[city.Intersections.Length];
    }

    /// <summary>Commands taken so far.</summary>
    public long Commands => Interlocked.Read(ref _commands);

    public void Hear(ReadOnlySpan<byte> topic, ReadOnlySpan<byte> payload)
    {
        if (!_byTopic.TryGetValue(System.Text.Encoding.ASCII.GetString(topic), out int i)) return;
        lock (_lock)
        {
            if (!CommandFeed.TryRead(payload, i, _told, out ReceivedCommand command, out int groups)) return;
            Interlocked.Increment(ref _commands);
            _sequences[i] = command.Sequence;
            if (command.Kind == CommandKind.Show) _told.AsSpan(0, groups).CopyTo(_shown[i]);
        }
    }

    /// <summary>What all of them show, as one binary block; its length.</summary>
    public int Write(Span<byte> buffer, long timeMs)
    {
        var block = new BlockWriter(buffer, BlockKind.Controllers);
        lock (_lock)
            for (int i = 0; i < _shown.Length; i++)
                if (!block.TryAdd(new ControllerReport(timeMs, i, ControllerMode.Remote, -1, _sequences[i], Refusal.None), _shown[i]))
                    throw new InvalidOperationException($"{_city.Intersections.Length} controllers do not fit");
        return block.Finish();
    }
}
