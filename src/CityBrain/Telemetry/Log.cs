using System.Globalization;
using System.Text.Json;

namespace CityBrain.Telemetry;

internal enum LogLevel { Debug, Info, Warning, Error }

/// <summary>
/// Structured log on stderr: a line of text for people, or with CITYBRAIN_LOG=json a JSON object a line. An event
/// has a short fixed name and named values, so that machines need not parse sentences.
/// </summary>
internal sealed class Log(TextWriter output, bool json)
{
    private readonly Lock _lock = new();

    public static Log FromEnvironment() =>
        new(Console.Error, Environment.GetEnvironmentVariable("CITYBRAIN_LOG") == "json");

    public void Info(string name, params ReadOnlySpan<(string Key, object? Value)> values) =>
        Write(LogLevel.Info, name, values);

    public void Warning(string name, params ReadOnlySpan<(string Key, object? Value)> values) =>
        Write(LogLevel.Warning, name, values);

    public void Error(string name, params ReadOnlySpan<(string Key, object? Value)> values) =>
        Write(LogLevel.Error, name, values);

    private void Write(LogLevel level, string name, ReadOnlySpan<(string Key, object? Value)> values)
    {
        string line = json ? AsJson(level, name, values) : AsText(level, name, values);
        lock (_lock) output.WriteLine(line);
    }

    private static string AsText(LogLevel level, string name, ReadOnlySpan<(string Key, object? Value)> values)
    {
        var text = new System.Text.StringBuilder();
        text.Append(DateTime.Now.ToString("HH:mm:ss", CultureInfo.InvariantCulture));
        if (level != LogLevel.Info) text.Append(' ').Append(level.ToString().ToLowerInvariant());
        text.Append(' ').Append(name);
        foreach (var (key, value) in values)
            text.Append(' ').Append(key).Append('=').Append(Convert.ToString(value, CultureInfo.InvariantCulture));
        return text.ToString();
    }

    private static string AsJson(LogLevel level, string name, ReadOnlySpan<(string Key, object? Value)> values)
    {
        using var buffer = new MemoryStream();
        using (var w = new Utf8JsonWriter(buffer))
        {
            w.WriteStartObject();
            w.WriteString("time", DateTime.UtcNow);
            w.WriteString("level", level.ToString().ToLowerInvariant());
            w.WriteString("event", name);
            foreach (var (key, value) in values)
                w.WriteString(key, Convert.ToString(value, CultureInfo.InvariantCulture));
            w.WriteEndObject();
        }
        return System.Text.Encoding.UTF8.GetString(buffer.ToArray());
    }
}
