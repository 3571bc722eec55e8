using System.Collections.Concurrent;
using System.Text;
using CityBrain.Mqtt.Codec;

namespace CityBrain.Mqtt.Tests;

/// <summary>A message as it was received, copied.</summary>
internal sealed record Received(string Topic, string Payload, Qos Qos, bool Retain, bool Dup, byte[] Properties);

/// <summary>Keeps what a client's handler is given.</summary>
internal sealed class Inbox
{
    private readonly ConcurrentQueue<Received> _messages = new();

    public int Count => _messages.Count;

    public Received[] All => [.. _messages];

    public void Handle(in PublishView message) => _messages.Enqueue(new Received(
        Encoding.UTF8.GetString(message.Topic), Encoding.UTF8.GetString(message.Payload), message.Qos,
        message.Retain, message.Dup, message.Properties.ToArray()));

    public async Task<Received[]> WaitAsync(int count)
    {
        await Eventually.True(() => Count >= count, $"{count} messages");
        return All;
    }
}
