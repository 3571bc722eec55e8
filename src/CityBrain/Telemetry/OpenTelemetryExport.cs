using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;

namespace CityBrain.Telemetry;

/// <summary>Sends the instruments by OTLP when the usual environment variable names an endpoint.</summary>
internal static class OpenTelemetryExport
{
    /// <summary>Null when OTEL_EXPORTER_OTLP_ENDPOINT is not set.</summary>
    public static IDisposable? StartIfConfigured()
    {
        string? endpoint = Environment.GetEnvironmentVariable("OTEL_EXPORTER_OTLP_ENDPOINT");
        if (string.IsNullOrEmpty(endpoint)) return null;
        return Sdk.CreateMeterProviderBuilder()
            .ConfigureResource(r => r.AddService("citybrain"))
            .AddMeter(Instruments.MeterName)
            .AddOtlpExporter()
            .Build();
    }
}
