using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using CityBrain.Model;

namespace CityBrain.Load;

/// <summary>A mosquitto and a brain, each a process of its own, on free ports of this machine.</summary>
internal sealed class Programs : IAsyncDisposable
{
    private readonly List<Process> _processes = [];
    private readonly string _folder = Directory.CreateTempSubdirectory("citybrain-load").FullName;
    private readonly HttpClient _http = new();
    private Uri? _dashboard;

    public static string Mosquitto { get; } =
        new[] { "/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto" }.FirstOrDefault(File.Exists) ?? "mosquitto";

    public int MqttPort { get; } = FreePort();
    /// <summary>The broker's and the brain's process.</summary>
    public int Broker { get; private set; }
    public int Brain { get; private set; }

    /// <exception cref="InvalidOperationException">One of them is not there or does not start.</exception>
    public static async Task<Programs> StartAsync(City city)
    {
        var programs = new Programs();
        try
        {
            programs.StartMosquitto();
            await programs.StartBrainAsync(city, "--broker",
                string.Create(CultureInfo.InvariantCulture, $"mqtt://127.0.0.1:{programs.MqttPort}"), "--clock", "feed");
            return programs;
        }
        catch
        {
            await programs.DisposeAsync();
            throw;
        }
    }

    /// <summary>A brain with its embedded broker and a journal.</summary>
    public static async Task<Programs> StartAloneAsync(City city)
    {
        var programs = new Programs();
        try
        {
            await programs.StartBrainAsync(city, "--mqtt-port", programs.MqttPort.ToString(CultureInfo.InvariantCulture),
                "--journal", programs.Journal);
            return programs;
        }
        catch
        {
            await programs.DisposeAsync();
            throw;
        }
    }

    private string Journal => Path.Combine(_folder, "journal");

    /// <summary>Lets the brain end in its own way; its journal's folder.</summary>
    public async Task<string> EndAsync()
    {
        Process brain = _processes.Single(p => p.Id == Brain);
        using (Process kill = Process.Start("kill", ["-TERM", Brain.ToString(CultureInfo.InvariantCulture)])) await kill.WaitForExitAsync();
        await brain.WaitForExitAsync();
        return Journal;
    }

    private void StartMosquitto()
    {
        string settings = Path.Combine(_folder, "mosquitto.conf");
        File.WriteAllText(settings, $"listener {MqttPort} 127.0.0.1\nallow_anonymous true\nset_tcp_nodelay true\n"
            + "max_queued_messages 0\nlog_type error\n");
        Broker = Start(Mosquitto, ["-c", settings]).Id;
    }

    private async Task StartBrainAsync(City city, params string[] arguments)
    {
        string file = Path.Combine(_folder, "city.json");
        await File.WriteAllBytesAsync(file, CityJson.Write(city.Description));
        int port = FreePort();
        _dashboard = new Uri($"http://127.0.0.1:{port}/");
        Process brain = Start("dotnet", [BrainProgram(), "run", "--city", file,
            "--port", port.ToString(CultureInfo.InvariantCulture), .. arguments]);
        Brain = brain.Id;
        for (int i = 0; i < 600 && !brain.HasExited; i++)
        {
            try
            {
                if ((await _http.GetAsync(new Uri(_dashboard, "health/live"))).IsSuccessStatusCode) return;
            }
            catch (HttpRequestException)
            {
                // Not listening yet.
            }
            await Task.Delay(100);
        }
        throw new InvalidOperationException("the brain does not start");
    }

    /// <summary>Readings that the engine took, by the brain's own counter.</summary>
    public async Task<long> AcceptedAsync() => (long)await MetricAsync("citybrain_readings_accepted_total");

    /// <summary>One of the brain's own figures.</summary>
    public async Task<double> MetricAsync(string name) => (await MetricsAsync())[name];

    /// <summary>All of them, by name and label.</summary>
    public async Task<Dictionary<string, double>> MetricsAsync()
    {
        string metrics = await _http.GetStringAsync(new Uri(_dashboard!, "metrics"));
        return metrics.Split('\n').Where(l => l.Length > 0 && l[0] != '#').Select(l => l.Split(' '))
            .ToDictionary(l => l[0], l => double.Parse(l[^1], CultureInfo.InvariantCulture), StringComparer.Ordinal);
    }

    /// <summary>Resident memory of a process (proc_pid_statm(5), in pages).</summary>
    public static long ResidentBytes(int process) => Environment.SystemPageSize * long.Parse(
        File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/statm")).Split(' ')[1], CultureInfo.InvariantCulture);

    public static string BrainProgram()
    {
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            string program = Path.Combine(at.FullName, "src", "CityBrain", "bin", "Release", "net10.0", "citybrain.dll");
            if (File.Exists(program)) return program;
        }
        throw new InvalidOperationException("build src/CityBrain -c Release first");
    }

    private Process Start(string program, string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        Process process = Process.Start(start) ?? throw new InvalidOperationException($"{program} does not start");
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        _processes.Add(process);
        return process;
    }

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (Process process in Enumerable.Reverse(_processes))
        {
            if (!process.HasExited) process.Kill();
            await process.WaitForExitAsync();
            process.Dispose();
        }
        _http.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
