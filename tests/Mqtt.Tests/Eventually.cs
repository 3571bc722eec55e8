using System.Diagnostics;

namespace CityBrain.Mqtt.Tests;

/// <summary>Waits for what other threads bring about; fails only after a time that no healthy machine needs.</summary>
internal static class Eventually
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public static async Task True(Func<bool> condition, string what, TimeSpan? patience = null)
    {
        var clock = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(clock.Elapsed < (patience ?? Patience), $"Waited in vain for: {what}");
            await Task.Delay(5);
        }
    }
}
