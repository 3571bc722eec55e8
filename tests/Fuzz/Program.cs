using System.Diagnostics;
using System.Globalization;
using CityBrain.Fuzz;

// Two lives: the first makes an instrumented copy of this program and starts it; the second fuzzes.
string? After(string option) => args.SkipWhile(a => a != option).Skip(1).FirstOrDefault();
if (After("--blocks") is not { } blocks)
{
    string copy = Directory.CreateTempSubdirectory("citybrain-fuzz-").FullName;
    try
    {
        int made = Instrumentation.Make(AppContext.BaseDirectory, copy);
        using Process fuzz = Process.Start("dotnet", [Path.Combine(copy, "CityBrain.Fuzz.dll"), .. args, "--blocks",
            made.ToString(CultureInfo.InvariantCulture)]);
        fuzz.WaitForExit();
        return fuzz.ExitCode;
    }
    finally
    {
        Directory.Delete(copy, recursive: true);
    }
}
return Fuzzing.Run(int.Parse(blocks, CultureInfo.InvariantCulture), ulong.Parse(After("--seed") ?? "1", CultureInfo.InvariantCulture),
    double.Parse(After("--minutes") ?? "0", CultureInfo.InvariantCulture), long.Parse(After("--runs") ?? "20000", CultureInfo.InvariantCulture),
    After("--only"), After("--findings") ?? "fuzz-findings");
