using System.Diagnostics;
using System.Globalization;

namespace CityBrain.Load;

/// <summary>
/// How much of a core each process has used, and how long its threads were ready to run but had to wait for one. The
/// second is what other programs (and the kernel's way of sharing the cores out) cost, whatever the product does.
/// </summary>
internal sealed class ProcessShares((string Name, int Id)[] processes)
{
    private readonly ProcessShare[] _before = new ProcessShare[processes.Length];
    private readonly ProcessShare[] _used = new ProcessShare[processes.Length];
    private long _began;
    private double _seconds = double.NaN;

    public void Begin()
    {
        _began = Stopwatch.GetTimestamp();
        for (int i = 0; i < processes.Length; i++) _before[i] = ProcessShare.Read(processes[i].Id);
    }

    public void End()
    {
        _seconds = Stopwatch.GetElapsedTime(_began).TotalSeconds;
        for (int i = 0; i < processes.Length; i++) _used[i] = ProcessShare.Read(processes[i].Id).Since(_before[i]);
    }

    public void Print()
    {
        string load = string.Join(' ', File.ReadAllText("/proc/loadavg").Split(' ')[..2]);
        for (int i = 0; i < processes.Length; i++)
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"  {processes[i].Name,-12} on a core {_used[i].RunS / _seconds,7:P1}, ready but waiting for one {_used[i].WaitS / _seconds,7:P1}"));
        Console.WriteLine($"  load average of the last minute and five: {load}");
    }
}

/// <summary>
/// Time on a core, and time ready to run but waiting for one, of the threads of a process: /proc/PID/task/TID/schedstat
/// (kernel.org, Documentation/scheduler/sched-stats). Threads that have ended are no longer there and not counted.
/// </summary>
internal sealed class ProcessShare
{
    private readonly Dictionary<string, (double RunS, double WaitS)> _threads = [];

    public double RunS => _threads.Values.Sum(t => t.RunS);
    public double WaitS => _threads.Values.Sum(t => t.WaitS);

    public static ProcessShare Read(int process)
    {
        var share = new ProcessShare();
        foreach (string task in Directory.EnumerateDirectories($"/proc/{process}/task"))
        {
            try
            {
                string[] fields = File.ReadAllText(Path.Combine(task, "schedstat")).Split(' ');
                share._threads[task] = (Seconds(fields[0]), Seconds(fields[1]));
            }
            catch (IOException)
            {
                // The thread has just ended.
            }
        }
        return share;
    }

    /// <summary>What the threads that are there now have used since.</summary>
    public ProcessShare Since(ProcessShare before)
    {
        var share = new ProcessShare();
        foreach ((string task, (double run, double wait)) in _threads)
        {
            (double RunS, double WaitS) then = before._threads.GetValueOrDefault(task);
            share._threads[task] = (run - then.RunS, wait - then.WaitS);
        }
        return share;
    }

    private static double Seconds(string ns) => double.Parse(ns, CultureInfo.InvariantCulture) / 1e9;
}
