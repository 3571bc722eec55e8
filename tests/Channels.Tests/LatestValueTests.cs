namespace CityBrain.Channels.Tests;

public class LatestValueTests
{
    [Fact]
    public void The_reader_gets_the_newest_and_the_rest_is_counted()
    {
        var latest = new LatestValue<int[]>(() => new int[1]);
        Assert.False(latest.TryTake());
        foreach (int value in (int[])[1, 2, 3])
        {
            latest.Back[0] = value;
            latest.Publish();
        }
        Assert.True(latest.TryTake());
        Assert.Equal(3, latest.Front[0]);
        Assert.Equal((3L, 2L), (latest.Published, latest.Replaced));
        Assert.False(latest.TryTake());
        Assert.Equal(3, latest.Front[0]);
    }

    [Fact]
    public async Task A_value_is_never_torn_and_never_goes_back()
    {
        var latest = new LatestValue<long[]>(() => new long[64]);
        Task writer = Task.Run(() =>
        {
            for (long i = 1; i <= 100_000; i++)
            {
                Array.Fill(latest.Back, i);
                latest.Publish();
            }
        });
        long last = 0;
        while (last < 100_000)
        {
            if (!latest.TryTake()) continue;
            long value = latest.Front[0];
            Assert.True(value > last);
            Assert.All(latest.Front, x => Assert.Equal(value, x));
            last = value;
        }
        await writer;
    }
}
