using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace CityBrain.Telemetry;

/// <summary>
/// Everything the product counts, in one list that two readers share: the Prometheus text endpoint and, where an
/// OTLP endpoint is configured, OpenTelemetry. Values are read when asked for; counting itself costs nothing here.
/// </summary>
internal sealed class Instruments : IDisposable
{
    public const string MeterName = "CityBrain";

    private readonly Meter _meter = new(MeterName);
    private readonly List<Instrument> _instruments = [];
    private readonly Lock _lock = new();

    private sealed record Instrument(string Name, string Help, string Type, string? Label, Func<double> Read);

    /// <summary>A number that only rises. The name ends in _total (Prometheus naming).</summary>
    public void Counter(string name, string help, Func<double> read, string? label = null) =>
        Add(new Instrument(name, help, "counter", label, read));

    /// <summary>A number that rises and falls.</summary>
    public void Gauge(string name, string help, Func<double> read, string? label = null) =>
        Add(new Instrument(name, help, "gauge", label, read));

    private void Add(Instrument instrument)
    {
        lock (_lock) _instruments.Add(instrument);
        string otelName = instrument.Label is null ? instrument.Name : $"{instrument.Name}.{instrument.Label}";
        if (instrument.Type == "counter")
            _meter.CreateObservableCounter(otelName, instrument.Read, description: instrument.Help);
        else
            _meter.CreateObservableGauge(otelName, instrument.Read, description: instrument.Help);
    }

    /// <summary>Text exposition format 0.0.4 (prometheus.io/docs/instrumenting/exposition_formats).</summary>
    public string Prometheus()
    {
        var text = new StringBuilder();
        Instrument[] all;
        lock (_lock) all = [.. _instruments];
        foreach (var family in all.GroupBy(i => i.Name, StringComparer.Ordinal))
        {
            Instrument first = family.First();
            text.Append("# HELP ").Append(first.Name).Append(' ').Append(first.Help).Append('\n');
            text.Append("# TYPE ").Append(first.Name).Append(' ').Append(first.Type).Append('\n');
            foreach (Instrument i in family)
            {
                text.Append(i.Name);
                if (i.Label is not null) text.Append("{kind=\"").Append(i.Label).Append("\"}");
                text.Append(' ').Append(i.Read().ToString("R", CultureInfo.InvariantCulture)).Append('\n');
            }
        }
        return text.ToString();
    }

    public void Dispose() => _meter.Dispose();
}
