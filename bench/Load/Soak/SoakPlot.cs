using CityBrain.Charts;

namespace CityBrain.Load;

/// <summary>Latency and memory over the minutes of a long run, one above the other.</summary>
internal static class SoakPlot
{
    public static string Draw(IReadOnlyList<SoakMinute> all, string title)
    {
        (double X, double Y)[] Of(Func<SoakMinute, double> value) => [.. all.Select(m => ((double)m.Minute, value(m)))];
        string latency = LineChart.Draw(title, "sensor's message to last command, over mosquitto, minute by minute", "minute", "ms",
            [new LineSeries("p50", Of(m => m.P50Ms)), new LineSeries("p99", Of(m => m.P99Ms))]);
        string memory = LineChart.Draw("Memory", "resident, and the brain's managed heap", "minute", "MB",
        [
            new LineSeries("brain", Of(m => m.BrainMb)), new LineSeries("its heap", Of(m => m.HeapMb)),
            new LineSeries("mosquitto", Of(m => m.BrokerMb)),
        ]);
        return "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"900\" height=\"770\" viewBox=\"0 0 900 770\">\n" + latency
            + "<g transform=\"translate(0 390)\">\n" + memory + "</g>\n</svg>\n";
    }
}
