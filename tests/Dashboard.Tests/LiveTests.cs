using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using CityBrain.Model;
using Xunit;

namespace CityBrain.Dashboard.Tests;

/// <summary>The live feed as a stranger reads it, by docs/WIRE-DASHBOARD.md.</summary>
public sealed class LiveTests
{
    [Fact]
    public void The_newest_picture_wins_and_no_picture_is_torn()
    {
        City city = MadeUpCity.Build(1, 1);
        var frames = new FrameExchange(city);
        Assert.False(frames.TryTake());
        for (int i = 1; i <= 3; i++)
        {
            frames.Writing.TimeMs = i;
            frames.Publish();
        }
        Assert.True(frames.TryTake());
        Assert.Equal(3, frames.Reading.TimeMs);
        Assert.False(frames.TryTake());
        Assert.Equal(2, frames.Replaced);
        Assert.NotSame(frames.Reading, frames.Writing);
    }

    [Fact]
    public async Task Writer_and_reader_never_hold_the_same_picture()
    {
        var frames = new FrameExchange(MadeUpCity.Build(1, 1));
        const int last = 200_000;
        Task writer = Task.Run(() =>
        {
            for (int i = 1; i <= last; i++)
            {
                CityFrame frame = frames.Writing;
                frame.TimeMs = i;
                frame.Totals.Vehicles = i;
                frames.Publish();
            }
        });
        long seen = 0;
        while (seen < last)
        {
            if (!frames.TryTake()) continue;
            Assert.True(frames.Reading.TimeMs > seen, "a picture came twice or out of order");
            seen = frames.Reading.TimeMs;
            Assert.Equal(seen, frames.Reading.Totals.Vehicles);
        }
        await writer;
    }

    [Fact]
    public void A_delta_on_the_key_before_is_the_key_after()
    {
        City city = MadeUpCity.Build(2, 2);
        var traffic = new MadeUpTraffic(city, 1_000_000);
        var frames = new FrameExchange(city, MadeUpTraffic.Counters);
        var encoder = new FrameEncoder(city);
        byte[]? rows = null;
        for (uint n = 1; n <= 40; n++)
        {
            traffic.Step(frames);
            frames.TryTake();
            (byte[] key, byte[]? delta) = encoder.Encode(frames.Reading, n);
            Assert.Equal(rows is null, delta is null);
            if (delta is not null)
            {
                Assert.True(delta.Length < key.Length);
                Apply(city, rows!, delta);
                Assert.Equal(key[FrameEncoder.HeaderSize..], rows);
            }
            rows = key[FrameEncoder.HeaderSize..];
        }
    }

    private static void Apply(City city, byte[] rows, byte[] delta)
    {
        int lanes = BitConverter.ToInt32(delta, 16), intersections = BitConverter.ToInt32(delta, 20), at = FrameEncoder.HeaderSize;
        for (int k = 0; k < lanes; k++, at += 4 + FrameEncoder.LaneSize)
            delta.AsSpan(at + 4, FrameEncoder.LaneSize).CopyTo(rows.AsSpan(BitConverter.ToInt32(delta, at) * FrameEncoder.LaneSize));
        for (int k = 0; k < intersections; k++)
        {
            int i = BitConverter.ToInt32(delta, at), start = city.Lanes.Length * FrameEncoder.LaneSize;
            for (int j = 0; j < i; j++) start += FrameEncoder.IntersectionFixedSize + city.Intersections[j].Groups.Length;
            int length = FrameEncoder.IntersectionFixedSize + city.Intersections[i].Groups.Length;
            delta.AsSpan(at + 4, length).CopyTo(rows.AsSpan(start));
            at += 4 + length;
        }
        Assert.Equal(delta.Length, at);
    }

    [Fact]
    public async Task A_viewer_gets_the_state_then_a_key_then_deltas()
    {
        await using RunningDashboard d = await RunningDashboard.StartAsync();
        using var socket = new ClientWebSocket();
        await socket.ConnectAsync(ApiTests.Live(d), CancellationToken.None);
        (WebSocketMessageType type, byte[] first) = await ReceiveAsync(socket);
        Assert.Equal(WebSocketMessageType.Text, type);
        Assert.Equal("max-pressure", JsonSerializer.Deserialize<StateView>(first, DashboardJson.Options)!.Policy);
        byte[] key = await BinaryAsync(socket);
        Assert.Equal(FrameEncoder.KeyKind, key[0]);
        for (int i = 0; i < 3; i++)
        {
            d.Traffic.Step(d.Host.Frames);
            byte[] delta = await BinaryAsync(socket);
            Assert.Equal(FrameEncoder.DeltaKind, delta[0]);
            Assert.Equal(BitConverter.ToUInt32(key, 4) + i + 1, BitConverter.ToUInt32(delta, 4));
        }
        await socket.SendAsync(Encoding.UTF8.GetBytes("vehicles on"), WebSocketMessageType.Text, true, CancellationToken.None);
        byte kind;
        do
        {
            d.Traffic.Step(d.Host.Frames);
            kind = (await BinaryAsync(socket))[0];
        }
        while (kind != FrameEncoder.VehiclesKind);
    }

    [Fact]
    public async Task A_viewer_that_says_something_else_is_sent_away()
    {
        await using RunningDashboard d = await RunningDashboard.StartAsync();
        using var socket = new ClientWebSocket();
        await socket.ConnectAsync(ApiTests.Live(d), CancellationToken.None);
        await socket.SendAsync(Encoding.UTF8.GetBytes("open the gates"), WebSocketMessageType.Text, true, CancellationToken.None);
        while (socket.State == WebSocketState.Open && (await ReceiveAsync(socket)).Type != WebSocketMessageType.Close) { }
        while (d.Host.ViewerCount > 0) await Task.Delay(5);
    }

    private static async Task<byte[]> BinaryAsync(ClientWebSocket socket)
    {
        while (true)
        {
            (WebSocketMessageType type, byte[] message) = await ReceiveAsync(socket);
            if (type == WebSocketMessageType.Binary) return message;
            Assert.NotEqual(WebSocketMessageType.Close, type);
        }
    }

    private static async Task<(WebSocketMessageType Type, byte[] Message)> ReceiveAsync(ClientWebSocket socket)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        var buffer = new byte[1 << 20];
        int length = 0;
        WebSocketReceiveResult got;
        do
        {
            got = await socket.ReceiveAsync(new ArraySegment<byte>(buffer, length, buffer.Length - length), limit.Token);
            length += got.Count;
        }
        while (!got.EndOfMessage);
        return (got.MessageType, buffer[..length]);
    }
}
