using System.Globalization;
using System.Text.RegularExpressions;
using CityBrain.Testing;
using Xunit;

namespace CityBrain.Tests.Archiving;

/// <summary>Every command of docs/ANALYST.md is run as it stands there, where its tool is to be had.</summary>
public sealed partial class AnalystTourTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("citybrain-tour-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [RealPartFact("bash", "curl")]
    public async Task The_tours_of_the_shell_and_of_curl_work()
    {
        await PrepareAsync();
        string[] blocks = Blocks("sh");
        Assert.True(blocks.Length >= 4);
        int port = RunningProgram.FreePort();
        RunningProgram? server = null;
        try
        {
            foreach (string block in blocks)
            {
                if (block.Contains("curl", StringComparison.Ordinal)) server ??= await ServeAsync(port);
                await ShellAsync(block.Replace("8080", port.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal));
            }
        }
        finally
        {
            server?.Dispose();
        }
        foreach (string file in (string[])["windows.csv", "windows.arrow", "windows.arrows", "api.json", "measures/split_failures.json"])
            Assert.True(new FileInfo(Path.Combine(_folder, file)).Length > 100, file);
    }

    [RealPartFact("bash", "node", "npm")]
    public async Task The_tour_of_polars_works()
    {
        await PrepareAsync();
        await ShellAsync("citybrain archive compact run/journal --into archive\n"
            + "citybrain archive export archive --table windows --format arrow -o windows.arrow");
        string node = Path.Combine(RealPart.Root, "tests", "node-arrow");
        if (!Directory.Exists(Path.Combine(node, "node_modules", "nodejs-polars")))
            await ShellAsync($"cd '{node}' && npm install --no-save --no-audit --no-fund");
        Directory.CreateSymbolicLink(Path.Combine(_folder, "node_modules"), Path.Combine(node, "node_modules"));
        await File.WriteAllTextAsync(Path.Combine(_folder, "tour.mjs"), Blocks("js").Single());
        Assert.Contains("vehicles", await ShellAsync("node tour.mjs"));
    }

    [RealPartFact("bash", "duckdb")]
    public async Task The_tour_of_duckdb_works()
    {
        await PrepareAsync();
        await ShellAsync("citybrain archive compact run/journal --into archive\n"
            + "citybrain archive export archive --table windows --format csv -o windows.csv");
        await File.WriteAllTextAsync(Path.Combine(_folder, "tour.sql"), Blocks("duckdb").Single());
        Assert.Contains("vehicles", await ShellAsync("duckdb < tour.sql"));
    }

    private async Task PrepareAsync()
    {
        SampleJournal.Write(Path.Combine(_folder, "run", "journal"), 600);
        await File.WriteAllLinesAsync(Path.Combine(_folder, "log.csv"), Enumerable.Range(0, 3600).Select(i =>
            $"2024-04-15 12:{i / 60:D2}:{i % 60:D2},7,{(i % 60) switch { 0 => 1, 30 => 8, 34 => 10, _ => 81 + (i % 2) }},{(i % 60 is 0 or 30 or 34 ? 2 : 4)}")
            .Prepend("TimeStamp,DeviceId,EventId,Parameter"));
        await File.WriteAllTextAsync(
            Path.Combine(_folder, "detectors.csv"), "DeviceId,Phase,Parameter,Function\n7,2,4,Presence\n");
    }

    private async Task<RunningProgram> ServeAsync(int port)
    {
        RunningProgram server = RunningProgram.Product("replay", Path.Combine(_folder, "run", "journal"), "--port",
            port.ToString(CultureInfo.InvariantCulture), "--archive", Path.Combine(_folder, "archive"), "--hires", Path.Combine(_folder, "hires"));
        await server.LineWithAsync("replay ");
        return server;
    }

    private async Task<string> ShellAsync(string commands)
    {
        string product = Path.Combine(AppContext.BaseDirectory, "citybrain.dll");
        string script = Path.Combine(_folder, "tour.sh");
        await File.WriteAllTextAsync(script,
            $"set -euo pipefail\ncitybrain() {{ dotnet '{product}' \"$@\"; }}\ncurl() {{ command curl --fail \"$@\"; }}\n{commands}\n");
        using RunningProgram shell = RunningProgram.StartIn(_folder, "bash", script);
        Assert.True(await shell.EndAsync() == 0, commands + "\n" + shell);
        return string.Join('\n', shell.Output);
    }

    private static string[] Blocks(string language) =>
        [.. Fence().Matches(File.ReadAllText(Path.Combine(RealPart.Root, "docs", "ANALYST.md")))
            .Where(m => m.Groups[1].Value == language).Select(m => m.Groups[2].Value)];

    [GeneratedRegex(@"^```(\w+)\n(.*?)^```", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Fence();
}
