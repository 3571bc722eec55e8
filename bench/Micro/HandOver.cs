using System.Threading.Channels;
using CityBrain.Channels;
using CityBrain.Model;

namespace CityBrain.Micro;

/// <summary>24-byte items from one thread to another: the batch on one thread, recycled batches, one item at a time.</summary>
internal static class HandOver
{
    private const int Items = 4_000_000, BatchSize = 512;

    public static void Run(Harness harness, int rounds)
    {
        if (!harness.Wants("hand-over")) return;
        // How dear a cache line from the other core is differs from machine to machine: 2.3 to 6.8 x were seen, and 70 to 109
        // for one item at a time. The gate is there to tell those apart.
        harness.Compare("hand-over", rounds,
        [
            new("one-thread", _ => OneThread()),
            new("batch-channel", _ => Batches()),
            new("channel-per-item", _ => PerItem(Items / 20), Checked: false),
        ], new() { ["batch-channel"] = 15 });
    }

    private sealed class Batch
    {
        public readonly LoopReading[] Items = new LoopReading[BatchSize];
        public int Count;

        public bool Add(in LoopReading reading)
        {
            Items[Count++] = reading;
            return Count == BatchSize;
        }

        public double Sum()
        {
            long time = 0;
            float count = 0;
            foreach (ref readonly LoopReading r in Items.AsSpan(0, Count))
            {
                time += r.TimeMs;
                count += r.Count;
            }
            return time + count;
        }
    }

    private static LoopReading Item(int i) => new(i, i & 1023, i & 3, 0.5f, 10);

    private static Done OneThread()
    {
        var batch = new Batch();
        double sum = 0;
        for (int i = 0; i < Items; i++)
        {
            if (!batch.Add(Item(i))) continue;
            sum += batch.Sum();
            batch.Count = 0;
        }
        return new Done(Items, sum + batch.Sum());
    }

    private static Done Batches()
    {
        var channel = new BatchChannel<Batch>(16, () => new Batch(), b => b.Count, b => b.Count = 0);
        Task<double> reader = Task.Run(async () =>
        {
            double sum = 0;
            while (await channel.WaitToReceiveAsync().ConfigureAwait(false))
                while (channel.TryReceive(out Batch? batch))
                {
                    sum += batch.Sum();
                    channel.Return(batch);
                }
            return sum;
        });
        Task writer = Task.Run(async () =>
        {
            Batch batch = await channel.RentAsync().ConfigureAwait(false);
            for (int i = 0; i < Items; i++)
            {
                if (!batch.Add(Item(i))) continue;
                channel.Send(batch);
                batch = await channel.RentAsync().ConfigureAwait(false);
            }
            channel.Send(batch);
            channel.Complete();
        });
        writer.GetAwaiter().GetResult();
        return new Done(Items, reader.GetAwaiter().GetResult());
    }

    private static Done PerItem(int items)
    {
        var channel = Channel.CreateBounded<LoopReading>(8192);
        Task<double> reader = Task.Run(async () =>
        {
            double sum = 0;
            await foreach (LoopReading r in channel.Reader.ReadAllAsync().ConfigureAwait(false)) sum += r.TimeMs + r.Count;
            return sum;
        });
        Task writer = Task.Run(async () =>
        {
            for (int i = 0; i < items; i++) await channel.Writer.WriteAsync(Item(i)).ConfigureAwait(false);
            channel.Writer.Complete();
        });
        writer.GetAwaiter().GetResult();
        return new Done(items, reader.GetAwaiter().GetResult());
    }
}
