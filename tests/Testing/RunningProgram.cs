using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace CityBrain.Testing;

/// <summary>A program started by a test, with its lines; killed when the test is over.</summary>
public sealed class RunningProgram : IDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _output = new(), _errors = new();

    private RunningProgram(Process process)
    {
        _process = process;
        process.OutputDataReceived += (_, e) => Keep(_output, e.Data);
        process.ErrorDataReceived += (_, e) => Keep(_errors, e.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public string[] Output => [.. _output];
    public string[] Errors => [.. _errors];
    public bool HasExited => _process.HasExited;
    public int ProcessId => _process.Id;

    public static RunningProgram Start(string program, params string[] arguments) => StartIn(null, program, arguments);

    public static RunningProgram StartIn(string? folder, string program, params string[] arguments)
    {
        string path = RealPart.Find(program) ?? throw new InvalidOperationException($"'{program}' is not on this machine");
        return new RunningProgram(Process.Start(new ProcessStartInfo(path, arguments)
        {
            RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = folder ?? "",
        })!);
    }

    /// <summary>Starts the product itself, as built beside the tests.</summary>
    public static RunningProgram Product(params string[] arguments) =>
        Start("dotnet", [Path.Combine(AppContext.BaseDirectory, "citybrain.dll"), .. arguments]);

    /// <summary>Waits for the end; returns the exit code.</summary>
    public async Task<int> EndAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        await _process.WaitForExitAsync(patience.Token);
        return _process.ExitCode;
    }

    /// <summary>Waits until a line of output or errors contains the text; returns the line.</summary>
    public async Task<string> LineWithAsync(string text)
    {
        for (var clock = Stopwatch.StartNew(); clock.Elapsed < Patience; await Task.Delay(50))
        {
            string? line = _output.Concat(_errors).FirstOrDefault(l => l.Contains(text, StringComparison.Ordinal));
            if (line is not null) return line;
            if (_process.HasExited) break;
        }
        throw new InvalidOperationException($"no line with '{text}': {this}");
    }

    /// <summary>kill -9: nothing is flushed, no handler runs.</summary>
    public void Kill() => _process.Kill(entireProcessTree: true);

    /// <summary>
    /// Ctrl-C. A shell without job control starts what runs in its background deaf to SIGINT, and so everything that is
    /// started from there; SIGTERM asks such a program the same.
    /// </summary>
    public void Interrupt()
    {
        using Process kill = Process.Start("kill", [IgnoresInterrupt ? "-TERM" : "-INT",
            _process.Id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    /// <summary>SigIgn in /proc/PID/status is a mask of ignored signals; SIGINT is the second (proc(5)).</summary>
    private bool IgnoresInterrupt => File.ReadLines(
            string.Create(CultureInfo.InvariantCulture, $"/proc/{_process.Id}/status"))
        .Where(line => line.StartsWith("SigIgn:", StringComparison.Ordinal))
        .Any(line => (ulong.Parse(line["SigIgn:".Length..].Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture) & 2) != 0);

    /// <summary>A TCP port that was free a moment ago.</summary>
    public static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }

    public override string ToString() =>
        $"{_process.StartInfo.FileName} {string.Join(' ', _process.StartInfo.ArgumentList)}\n"
        + string.Join('\n', Output.TakeLast(30).Concat(Errors.TakeLast(30)));

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill(entireProcessTree: true);
        _process.Dispose();
    }

    private static void Keep(ConcurrentQueue<string> lines, string? line)
    {
        if (line is not null) lines.Enqueue(line);
    }
}

/// <summary>Debian's mosquitto on a free port of the loopback address.</summary>
public sealed class RunningMosquitto : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("mosquitto-").FullName;
    private RunningProgram? _program;

    public int Port { get; } = RunningProgram.FreePort();

    public static async Task<RunningMosquitto> StartAsync()
    {
        var mosquitto = new RunningMosquitto();
        string file = Path.Combine(mosquitto._folder, "mosquitto.conf");
        await File.WriteAllLinesAsync(file,
            [$"listener {mosquitto.Port} 127.0.0.1", "allow_anonymous true", "max_queued_messages 0"]);
        mosquitto._program = RunningProgram.Start("mosquitto", "-c", file);
        for (int i = 0; !mosquitto.Listens(); i++)
        {
            if (i > 200) throw new InvalidOperationException($"mosquitto does not listen: {mosquitto._program}");
            await Task.Delay(50);
        }
        return mosquitto;
    }

    public void Dispose()
    {
        _program?.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private bool Listens()
    {
        try
        {
            using var probe = new TcpClient("127.0.0.1", Port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
