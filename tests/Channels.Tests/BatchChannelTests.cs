using CityBrain.Testing;

namespace CityBrain.Channels.Tests;

public class BatchChannelTests
{
    private static BatchChannel<List<int>> Make(int batches = 2, WhenFull whenFull = WhenFull.Wait) =>
        new(batches, () => new List<int>(16), b => b.Count, b => b.Clear(), whenFull);

    private static void Send(BatchChannel<List<int>> channel, params int[] items)
    {
        Assert.True(channel.TryRent(out List<int>? batch));
        batch.AddRange(items);
        Assert.True(channel.Send(batch));
    }

    [Fact]
    public void Batches_arrive_in_order_and_come_back_empty()
    {
        var channel = Make();
        Send(channel, 1, 2);
        Send(channel, 3);
        Assert.True(channel.TryReceive(out List<int>? first));
        Assert.Equal([1, 2], first);
        Assert.True(channel.TryReceive(out List<int>? second));
        Assert.Equal([3], second);
        channel.Return(first);
        Assert.True(channel.TryRent(out List<int>? again));
        Assert.Same(first, again);
        Assert.Empty(again);
        Assert.Equal(new BatchChannelCounters(2, 3, 0), channel.Counters);
    }

    [Fact]
    public void With_drop_newest_the_producer_gets_nothing()
    {
        var channel = Make(whenFull: WhenFull.DropNewest);
        Send(channel, 1);
        Send(channel, 2);
        Assert.False(channel.TryRent(out _));
        channel.CountDropped(5);
        Assert.Equal(5, channel.Counters.Dropped);
        Assert.True(channel.TryReceive(out List<int>? oldest));
        Assert.Equal([1], oldest);
    }

    [Fact]
    public void With_drop_oldest_it_gets_the_oldest_batch_and_its_items_are_counted()
    {
        var channel = Make(whenFull: WhenFull.DropOldest);
        Send(channel, 1, 1, 1);
        Send(channel, 2);
        Send(channel, 3);
        Assert.Equal(3, channel.Counters.Dropped);
        Assert.True(channel.TryReceive(out List<int>? oldest));
        Assert.Equal([2], oldest);
    }

    [Fact]
    public async Task With_wait_the_producer_goes_on_when_a_batch_comes_back()
    {
        var channel = Make();
        Send(channel, 1);
        Send(channel, 2);
        ValueTask<List<int>> rent = channel.RentAsync();
        Assert.False(rent.IsCompleted);
        Assert.True(channel.TryReceive(out List<int>? read));
        channel.Return(read);
        Assert.Same(read, await rent);
    }

    [Fact]
    public async Task After_completion_the_rest_is_read_and_nothing_more_is_taken()
    {
        var channel = Make(batches: 3);
        Send(channel, 1);
        Assert.True(channel.TryRent(out List<int>? late));
        late.Add(9);
        channel.Complete();
        Assert.False(channel.Send(late));
        Assert.Equal(1, channel.Counters.Dropped);
        Assert.True(await channel.WaitToReceiveAsync());
        Assert.True(channel.TryReceive(out _));
        Assert.False(await channel.WaitToReceiveAsync());
    }

    [Fact]
    public async Task Across_threads_nothing_is_lost_or_changed()
    {
        const int Items = 200_000;
        var channel = Make(batches: 4);
        Task producer = Task.Run(async () =>
        {
            for (int i = 0; i < Items;)
            {
                List<int> batch = await channel.RentAsync();
                for (int k = 0; k < 16 && i < Items; k++) batch.Add(i++);
                channel.Send(batch);
            }
            channel.Complete();
        });
        int expected = 0;
        while (await channel.WaitToReceiveAsync())
            while (channel.TryReceive(out List<int>? batch))
            {
                foreach (int item in batch) Assert.Equal(expected++, item);
                channel.Return(batch);
            }
        await producer;
        Assert.Equal(Items, expected);
        Assert.Equal(Items, channel.Counters.Items);
    }

    [Fact]
    public void Nothing_is_allocated_while_nobody_waits()
    {
        var channel = Make();
        for (int i = 0; i < 100; i++) Cycle(channel);
        Assert.Equal(0, Allocated.Least(_ =>
        {
            for (int i = 0; i < 2_500; i++) Cycle(channel);
        }));
    }

    private static void Cycle(BatchChannel<List<int>> channel)
    {
        channel.TryRent(out List<int>? batch);
        batch!.Add(1);
        channel.Send(batch);
        channel.TryReceive(out batch);
        channel.Return(batch!);
    }
}
