using System.Text;
using System.Threading.Channels;
using CityBrain.Controllers;
using CityBrain.Ingest.Feeds;
using CityBrain.Ingest.Wire;
using CityBrain.Model;
using CityBrain.Mqtt.Codec;
using CityBrain.Simulation;

namespace CityBrain.Street;

/// <summary>
/// Commands, tocks and reports of controllers elsewhere, from the client's read loop to the street's own loop. Bounded:
/// what finds no room is dropped and counted; the brain repeats its commands every second.
/// </summary>
internal sealed class CommandInbox
{
    private const int Capacity = 16_384, CommandMost = 8192;

    private enum Kind { Command, Report }

    private readonly record struct Letter(Kind Kind, int Intersection, byte[] Payload);

    private readonly Dictionary<string, (Kind Kind, int Intersection)> _topics = new(StringComparer.Ordinal);
    private readonly HashSet<string> _tocks = new(StringComparer.Ordinal);
    private readonly Channel<Letter> _letters = Channel.CreateBounded<Letter>(
        new BoundedChannelOptions(Capacity) { SingleReader = true });
    private readonly Channel<(long TimeMs, int Commands)> _tockTimes = Channel.CreateBounded<(long, int)>(
        new BoundedChannelOptions(64) { FullMode = BoundedChannelFullMode.DropOldest });
    private readonly StreetCounters _counters;
    private readonly CommandKeys? _keys;
    private readonly byte[][] _commandTopics;
    private readonly Aspect[] _aspects;

    /// <param name="city">The city.</param>
    /// <param name="part">Commands go to controllers, or controllers' reports to the street.</param>
    /// <param name="counters">What is counted.</param>
    /// <param name="keys">What commands must be signed with; null takes them as they come.</param>
    public CommandInbox(City city, StreetPart part, StreetCounters counters, CommandKeys? keys = null)
    {
        _counters = counters;
        _keys = keys;
        _commandTopics = [.. city.Intersections.Select(i =>
            Encoding.UTF8.GetBytes(new FeedTopics(city.Districts[i.District].Id).Command(i.Id)))];
        _aspects = new Aspect[Math.Max(256, city.MaxGroups)];
        foreach (Intersection i in city.Intersections)
        {
            var topics = new FeedTopics(city.Districts[i.District].Id);
            if (part != StreetPart.Sensors) _topics[topics.Command(i.Id)] = (Kind.Command, i.Index);
            else _topics[topics.ControllerState(i.Id)] = (Kind.Report, i.Index);
        }
        foreach (District d in city.Districts) _tocks.Add(new FeedTopics(d.Id).Tock);
    }

    /// <summary>Called on the client's read loop.</summary>
    public void OnMessage(in PublishView message)
    {
        string topic = Encoding.UTF8.GetString(message.Topic);
        if (_topics.TryGetValue(topic, out (Kind Kind, int Intersection) to))
        {
            Interlocked.Increment(ref _counters.Commands);
            if (message.Payload.Length > CommandMost
                || !_letters.Writer.TryWrite(new Letter(to.Kind, to.Intersection, message.Payload.ToArray())))
                Interlocked.Increment(ref _counters.InboxDropped);
        }
        else if (_tocks.Contains(topic))
        {
            if (ClockFeed.TryReadTock(message.Payload, out long timeMs, out int commands))
                _tockTimes.Writer.TryWrite((timeMs, commands));
        }
        else Interlocked.Increment(ref _counters.UnknownTopic);
    }

    /// <summary>Offers every command that has come to its controller.</summary>
    public void Deliver(FieldController[] controllers, long nowMs) => Deliver(controllers, nowMs, nowMs);

    /// <summary>As above, with the controllers' wall clock and their steady one.</summary>
    public void Deliver(FieldController[] controllers, long nowMs, long steadyMs)
    {
        while (_letters.Reader.TryRead(out Letter letter))
        {
            if (letter.Kind != Kind.Command) continue;
            if (Offer(controllers[letter.Intersection], letter, nowMs, steadyMs) != Refusal.None) _counters.Refused++;
        }
    }

    /// <summary>A signature is checked before a byte of the payload is read.</summary>
    private Refusal Offer(FieldController controller, in Letter letter, long nowMs, long steadyMs)
    {
        int at = letter.Intersection;
        bool proven = _keys is null || (_keys.Has(at) && CommandSignature.Verify(letter.Payload, _commandTopics[at], _keys[at]));
        if (proven && CommandFeed.TryRead(
            CommandSignature.Body(letter.Payload), at, _aspects, out ReceivedCommand command, out int groups))
            return controller.Offer(command, _aspects.AsSpan(0, groups), nowMs, steadyMs);
        Refusal why = proven ? Refusal.Malformed : Refusal.Forged;
        controller.CountUnreadable(why);
        return why;
    }

    /// <summary>Shows on the street what controllers elsewhere say that they show.</summary>
    public void Deliver(SimulatedCity street)
    {
        while (_letters.Reader.TryRead(out Letter letter))
        {
            if (ControllerFeed.TryRead(letter.Payload, letter.Intersection, _aspects, out CityEvent e, out _))
                street.SetHeads(letter.Intersection, _aspects.AsSpan(0, e.ExtraLength));
        }
    }

    /// <summary>Waits until the tock of a tick has come; false when the time is over.</summary>
    public async Task<bool> TockAsync(long timeMs, TimeSpan longest, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(longest);
        try
        {
            while (true)
            {
                (long at, int _) = await _tockTimes.Reader.ReadAsync(limit.Token).ConfigureAwait(false);
                // The broker keeps the order: the commands of this tick came before it.
                if (at == timeMs) return true;
            }
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return false;
        }
    }
}
