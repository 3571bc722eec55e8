using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace CityBrain.Simulation.Sumo;

/// <summary>A SUMO of our own, started as a child process and connected to. It ends with this object.</summary>
internal sealed class SumoProcess : IDisposable
{
    private const int ConnectTries = 3;
    /// <summary>Where Debian's package keeps SUMO's data, for when nothing else is said.</summary>
    private const string DebianHome = "/usr/share/sumo";
    private static readonly TimeSpan StartsWithin = TimeSpan.FromSeconds(60), EndsWithin = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly StringBuilder _said = new();

    private SumoProcess(Process process, Socket socket)
    {
        _process = process;
        Socket = socket;
    }

    public Socket Socket { get; private set; }

    /// <summary>Starts SUMO with these options on a free port and connects.</summary>
    /// <exception cref="SumoMissingException">There is no SUMO.</exception>
    /// <exception cref="SumoRunException">SUMO ended at once; the message holds what it said.</exception>
    public static SumoProcess Start(IReadOnlyList<string> options, CancellationToken cancel)
    {
        for (int attempt = 1; ; attempt++)
        {
            int port = FreePort();
            SumoProcess sumo = Launch([.. options, "--remote-port", port.ToString(CultureInfo.InvariantCulture)]);
            try
            {
                sumo.Socket = sumo.Connect(port, cancel);
                return sumo;
            }
            catch (SumoRunException e)
            {
                sumo.Dispose();
                // Somebody else may have taken the port between our look and SUMO's.
                bool portTaken = e.Message.Contains("socket", StringComparison.OrdinalIgnoreCase);
                if (!portTaken || attempt == ConnectTries) throw;
            }
            catch
            {
                sumo.Dispose();
                throw;
            }
        }
    }

    /// <summary>What SUMO wrote to its standard error, trimmed; for error messages.</summary>
    public string Said
    {
        get
        {
            lock (_said) return _said.ToString().Trim();
        }
    }

    /// <summary>Waits for the end after Close; its outputs are complete then.</summary>
    /// <exception cref="SumoRunException">It did not end, or ended with an error.</exception>
    public void WaitForEnd()
    {
        if (!_process.WaitForExit(EndsWithin)) throw new SumoRunException("SUMO does not end");
        if (_process.ExitCode != 0)
            throw new SumoRunException($"SUMO ended with exit code {_process.ExitCode}: {Said}");
    }

    /// <summary>The error to throw when the connection broke.</summary>
    public SumoRunException Died(Exception? inner)
    {
        bool ended = _process.WaitForExit(TimeSpan.FromSeconds(5));
        string how = ended ? $"ended with exit code {_process.ExitCode}" : "closed the connection";
        return new SumoRunException($"SUMO {how}: {(Said.Length > 0 ? Said : "it said nothing")}", inner);
    }

    public void Dispose()
    {
        Socket.Dispose();
        try
        {
            if (!_process.HasExited) _process.Kill(entireProcessTree: true);
        }
        catch (InvalidOperationException)
        {
            // It ended between the look and the kill.
        }
        _process.Dispose();
    }

    private static SumoProcess Launch(IReadOnlyList<string> options)
    {
        var start = new ProcessStartInfo("sumo")
        {
            RedirectStandardError = true, RedirectStandardOutput = true, UseShellExecute = false,
        };
        foreach (string option in options) start.ArgumentList.Add(option);
        start.Environment.TryAdd("SUMO_HOME", DebianHome);
        try
        {
            var sumo = new SumoProcess(Process.Start(start)!, new Socket(SocketType.Stream, ProtocolType.Tcp));
            sumo._process.ErrorDataReceived += (_, e) => sumo.Hear(e.Data);
            sumo._process.OutputDataReceived += (_, _) => { };
            sumo._process.BeginErrorReadLine();
            sumo._process.BeginOutputReadLine();
            return sumo;
        }
        catch (Win32Exception)
        {
            throw new SumoMissingException();
        }
    }

    private void Hear(string? line)
    {
        if (line is null) return;
        lock (_said)
            if (_said.Length < 4000) _said.AppendLine(line);
    }

    private Socket Connect(int port, CancellationToken cancel)
    {
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed < StartsWithin)
        {
            cancel.ThrowIfCancellationRequested();
            if (_process.HasExited) throw Died(null);
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                socket.Connect(IPAddress.Loopback, port);
                return socket;
            }
            catch (SocketException)
            {
                socket.Dispose();
                cancel.WaitHandle.WaitOne(TimeSpan.FromMilliseconds(20));
            }
        }
        throw new SumoRunException("SUMO does not answer on its port");
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
