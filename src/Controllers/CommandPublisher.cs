using System.Text;
using CityBrain.Model;

namespace CityBrain.Controllers;

/// <summary>Writes a command's payload; its length, or -1 when the buffer is too short. Ingest's CommandFeed.Write is one.</summary>
public delegate int CommandEncoder(
    Span<byte> buffer, in SignalCommand command, ReadOnlySpan<Aspect> aspects, ReadOnlySpan<byte> intersectionId);

/// <summary>Queues a message without waiting; false when it was dropped. MqttClient.TryPublish is one.</summary>
public delegate bool MessageSender(ReadOnlySpan<byte> topic, ReadOnlySpan<byte> payload);

/// <summary>
/// Sends a tick's commands, each to its controller's topic and signed where there are keys, and enters them in the
/// ledger. Allocates nothing. What the sender drops is counted: the brain repeats its commands, and a controller without
/// one falls back by itself.
/// </summary>
public sealed class CommandPublisher
{
    private const int PayloadBytes = 8192;

    private readonly CommandEncoder _encode;
    private readonly MessageSender _send;
    private readonly CommandKeys? _keys;
    private readonly byte[][] _topics, _ids;
    private readonly byte[] _payload = new byte[PayloadBytes];
    private long _published, _dropped;

    /// <param name="city">The city.</param>
    /// <param name="topicOf">The topic of an intersection's commands.</param>
    /// <param name="encode">Writes a payload.</param>
    /// <param name="send">Queues a message.</param>
    /// <param name="keys">What commands are signed with; null leaves them unsigned.</param>
    public CommandPublisher(City city, Func<Intersection, string> topicOf, CommandEncoder encode, MessageSender send,
        CommandKeys? keys = null)
    {
        _keys = keys;
        _encode = encode;
        _send = send;
        _topics = [.. city.Intersections.Select(i => Encoding.UTF8.GetBytes(topicOf(i)))];
        _ids = [.. city.Intersections.Select(i => Encoding.UTF8.GetBytes(i.Id))];
        Ledger = new CommandLedger(city);
    }

    /// <summary>What became of the commands.</summary>
    public CommandLedger Ledger { get; }
    public long Published => Volatile.Read(ref _published);
    /// <summary>Commands that the sender had no room for, or whose payload was too long.</summary>
    public long Dropped => Volatile.Read(ref _dropped);

    /// <summary>Sends all commands of a tick.</summary>
    public void Publish(CommandBuffer commands)
    {
        for (int i = 0; i < commands.Count; i++)
        {
            ref readonly SignalCommand command = ref commands[i];
            int to = command.Intersection;
            int length = _encode(_payload, command, commands.Aspects(i), _ids[to]);
            if (length > 0 && _keys is not null)
                length = CommandSignature.Append(_payload, length, _topics[to], _keys[to]);
            if (length > 0 && _send(_topics[to], _payload.AsSpan(0, length)))
            {
                Volatile.Write(ref _published, _published + 1);
                Ledger.Sent(to, command.Sequence, command.TimeMs);
            }
            else Volatile.Write(ref _dropped, _dropped + 1);
        }
    }
}
