using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using CityBrain.Testing;
using Npgsql;

namespace CityBrain.Tests.Archiving;

/// <summary>A database of Debian's, on a free port of the loopback address, in a folder of its own.</summary>
internal abstract class RunningStore : IDisposable
{
    private RunningProgram? _program;

    protected string Folder { get; } = Directory.CreateTempSubdirectory("citybrain-store-").FullName;
    public int Port { get; } = RunningProgram.FreePort();
    public string Url => string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{Port}");

    /// <summary>Starts it and makes what the tests write to. What a killed one kept, the next one has from its first answer.</summary>
    public async Task StartAsync()
    {
        _program = Launch();
        for (int i = 0; ; i++)
        {
            try
            {
                await ReadyAsync();
                return;
            }
            catch (Exception e) when (e is HttpRequestException or NpgsqlException && i < 300)
            {
                if (_program.HasExited) throw new InvalidOperationException(_program.ToString(), e);
                await Task.Delay(100);
            }
        }
    }

    public void Kill()
    {
        _program?.Kill();
        _program?.Dispose();
        _program = null;
    }

    public void Dispose()
    {
        Kill();
        Thread.Sleep(100);
        Directory.Delete(Folder, recursive: true);
    }

    protected abstract RunningProgram Launch();

    protected abstract Task ReadyAsync();
}

internal sealed class RunningInflux : RunningStore
{
    private static readonly HttpClient Http = new();

    /// <summary>Values of a field; null when the measurement is not there.</summary>
    public async Task<(long Count, double Sum)> FieldAsync(string measurement, string field)
    {
        string query = Uri.EscapeDataString($"SELECT count(\"{field}\"), sum(\"{field}\") FROM {measurement}");
        JsonElement answer = await Http.GetFromJsonAsync<JsonElement>($"{Url}/query?db=citybrain&q={query}");
        if (!answer.GetProperty("results")[0].TryGetProperty("series", out JsonElement series)) return (0, 0);
        JsonElement row = series[0].GetProperty("values")[0];
        return (row[1].GetInt64(), row[2].GetDouble());
    }

    protected override RunningProgram Launch()
    {
        string file = Path.Combine(Folder, "influxdb.conf");
        File.WriteAllText(file, string.Create(CultureInfo.InvariantCulture, $"""
            reporting-disabled = true
            bind-address = "127.0.0.1:{RunningProgram.FreePort()}"
            [meta]
              dir = "{Folder}/meta"
            [data]
              dir = "{Folder}/data"
              wal-dir = "{Folder}/wal"
            [http]
              bind-address = "127.0.0.1:{Port}"
              log-enabled = false
            """));
        return RunningProgram.Start("influxd", "-config", file);
    }

    protected override async Task ReadyAsync()
    {
        using HttpResponseMessage answer =
            await Http.PostAsync($"{Url}/query?q={Uri.EscapeDataString("CREATE DATABASE citybrain")}", null);
        answer.EnsureSuccessStatusCode();
    }
}

internal sealed class RunningVictoria : RunningStore
{
    private static readonly HttpClient Http = new();

    /// <summary>All samples of a series' name: how many, and their sum.</summary>
    public async Task<(long Count, double Sum)> SamplesAsync(string name)
    {
        await Http.GetStringAsync($"{Url}/internal/force_flush");
        string lines = await Http.GetStringAsync($"{Url}/api/v1/export?match[]={name}&start=0");
        double[] values = [.. lines.Split('\n', StringSplitOptions.RemoveEmptyEntries).SelectMany(line =>
            JsonDocument.Parse(line).RootElement.GetProperty("values").EnumerateArray().Select(v => v.GetDouble()))];
        return (values.Length, values.Sum());
    }

    protected override RunningProgram Launch() => RunningProgram.Start(
        "victoria-metrics", $"-storageDataPath={Folder}/data", string.Create(
            CultureInfo.InvariantCulture, $"-httpListenAddr=127.0.0.1:{Port}"),
        "-retentionPeriod=100y", "-dedup.minScrapeInterval=1ms", "-memory.allowedBytes=200MB");

    protected override async Task ReadyAsync()
    {
        using HttpResponseMessage answer = await Http.GetAsync($"{Url}/health");
        answer.EnsureSuccessStatusCode();
    }
}

/// <summary>PostgreSQL, which root may not run: then it runs as the user postgres.</summary>
internal sealed class RunningPostgres : RunningStore
{
    public string Connection => string.Create(CultureInfo.InvariantCulture,
        $"Host=127.0.0.1;Port={Port};Database=postgres;Username=citybrain;Pooling=false");

    public async Task<double> NumberAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(Connection);
        await connection.OpenAsync();
#pragma warning disable CA2100 // texts of the tests
        await using var command = new NpgsqlCommand(sql, connection);
#pragma warning restore CA2100
        return Convert.ToDouble(await command.ExecuteScalarAsync(), CultureInfo.InvariantCulture);
    }

    protected override RunningProgram Launch()
    {
        string data = Path.Combine(Folder, "data");
        if (!Directory.Exists(data))
        {
            Directory.CreateDirectory(data);
            if (Environment.UserName == "root") Run("chown", "-R", "postgres", Folder);
            Run([.. As, RealPart.Find("initdb")!, "-D", data, "-U", "citybrain", "-A", "trust", "-E", "UTF8"]);
        }
        string[] command =
        [
            .. As, RealPart.Find("postgres")!, "-D", data, "-k", Folder, "-h", "127.0.0.1", "-p",
            Port.ToString(CultureInfo.InvariantCulture),
        ];
        return RunningProgram.StartIn("/tmp", Path.GetFileName(command[0]), command[1..]);
    }

    protected override async Task ReadyAsync() => await NumberAsync("SELECT 1");

    private static string[] As => Environment.UserName == "root" ? ["runuser", "-u", "postgres", "--"] : [];

    private static void Run(params string[] command)
    {
        using RunningProgram program = RunningProgram.StartIn("/tmp", Path.GetFileName(command[0]), command[1..]);
        if (program.EndAsync().GetAwaiter().GetResult() != 0) throw new InvalidOperationException(program.ToString());
    }
}
