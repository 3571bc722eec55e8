using CityBrain.Testing;

namespace CityBrain.Tests.Crash;

/// <summary>
/// The product killed (kill -9) in the midst of its work. When is told by what it has written, not by a clock: a busy
/// machine kills at the same places as an idle one, and none of the kills goes to the start of the process.
/// </summary>
internal static class KilledRun
{
    /// <summary>How many kills a series has: five, or as CITYBRAIN_KILLS says.</summary>
    public static int Kills { get; } =
        int.TryParse(Environment.GetEnvironmentVariable("CITYBRAIN_KILLS"), out int kills) ? kills : 5;

    /// <summary>Bytes of all files in a folder, 0 when it is not there.</summary>
    public static long Bytes(string folder)
    {
        long bytes = 0;
        try
        {
            foreach (FileInfo file in new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories))
                bytes += Length(file);
        }
        catch (DirectoryNotFoundException)
        {
            // Not made yet, or a folder that was just removed.
        }
        return bytes;
    }

    /// <summary>
    /// Runs the product until the folder has grown or shrunk by so many bytes, and a little longer, and kills it; false when
    /// it ended before.
    /// </summary>
    public static async Task<bool> UntilAsync(string folder, long bytes, TimeSpan longer, params string[] arguments)
    {
        long before = Bytes(folder);
        using RunningProgram program = RunningProgram.Product(arguments);
        Task<int> end = program.EndAsync();
        while (!end.IsCompleted && Math.Abs(Bytes(folder) - before) < bytes) await Task.Delay(1);
        if (await Task.WhenAny(end, Task.Delay(longer)) == end)
        {
            Assert.True(await end == 0, program.ToString());
            return false;
        }
        program.Kill();
        await end;
        return true;
    }

    private static long Length(FileInfo file)
    {
        try
        {
            return file.Length;
        }
        catch (FileNotFoundException)
        {
            return 0;
        }
    }
}
