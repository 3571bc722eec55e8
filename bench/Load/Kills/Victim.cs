using System.Diagnostics;
using System.Globalization;

namespace CityBrain.Load;

/// <summary>
/// A program that is killed and started again. One that ends by itself is started again after a moment, as systemd does
/// it; what it said last is kept. Its lines of stdout are read to their end before it counts as dead.
/// </summary>
internal sealed class Victim(string name, string program, string[] arguments, Action<string>? read) : IDisposable
{
    private const int AgainMs = 500, ErrorsKept = 40;
    private readonly Lock _lock = new();
    private readonly Queue<string> _errors = new();
    private Process? _process;
    private bool _wanted;

    public string Name => name;
    public bool Running
    {
        get { lock (_lock) return _wanted; }
    }
    /// <summary>Told when it ended although nobody killed it, with its exit code.</summary>
    public Action<int>? EndedByItself { get; init; }
    /// <summary>Told when it has been dead and its last line was read.</summary>
    public Action? Dead { get; init; }

    public string[] LastErrors
    {
        get { lock (_errors) return [.. _errors]; }
    }

    public void Start()
    {
        lock (_lock)
        {
            _wanted = true;
            Process process = Process.Start(new ProcessStartInfo(program, arguments)
            { RedirectStandardOutput = true, RedirectStandardError = true })!;
            _process = process;
            process.ErrorDataReceived += (_, e) => Keep(e.Data);
            process.BeginErrorReadLine();
            new Thread(() => Follow(process)) { IsBackground = true, Name = name }.Start();
        }
    }

    /// <summary>kill -9; false when it was not running.</summary>
    public bool Kill()
    {
        Process? process;
        lock (_lock)
        {
            _wanted = false;
            process = _process;
            if (process is null || process.HasExited) return false;
            process.Kill();
        }
        process.WaitForExit();
        return true;
    }

    /// <summary>Asks it to end and waits; its exit code.</summary>
    public int End()
    {
        Process process;
        lock (_lock)
        {
            _wanted = false;
            process = _process!;
        }
        using (Process kill = Process.Start("kill", ["-TERM", process.Id.ToString(CultureInfo.InvariantCulture)])) kill.WaitForExit();
        if (!process.WaitForExit(60_000)) throw new InvalidOperationException($"{name} does not end");
        return process.ExitCode;
    }

    public void Dispose() => Kill();

    private void Follow(Process process)
    {
        while (process.StandardOutput.ReadLine() is { } line) read?.Invoke(line);
        process.WaitForExit();
        Dead?.Invoke();
        lock (_lock)
            if (!_wanted || process != _process) return;
        EndedByItself?.Invoke(process.ExitCode);
        Thread.Sleep(AgainMs);
        lock (_lock)
            if (!_wanted || process != _process) return;
        Start();
    }

    private void Keep(string? line)
    {
        if (line is null) return;
        lock (_errors)
        {
            _errors.Enqueue(line);
            if (_errors.Count > ErrorsKept) _errors.Dequeue();
        }
    }
}
