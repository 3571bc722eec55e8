using CityBrain.Model.HiRes;

namespace CityBrain.History.HiRes;

/// <summary>Takes events as they are read.</summary>
public delegate void EventsTaker(ReadOnlySpan<HiResEvent> events);

/// <summary>
/// Reads one log file: delimited text, Econolite's .dat and .datZ, MaxTime's XML, told apart by their first bytes; gzip
/// and zlib unpacked. A gzip that was cut off is an error where the program runs with
/// <c>System.IO.Compression.UseStrictValidation</c>, as every program of this solution does.
/// </summary>
public static class HiResFile
{
    /// <exception cref="LogFormatException">It is no log, or its compression is broken.</exception>
    public static void Read(string path, string? device, DeviceDirectory devices, BadRows bad, EventsTaker take)
    {
        ILogReader? reader = null;
        try
        {
            using Opening content = Opening.Of(path);
            reader = ReaderOf(content, path, device, devices, bad);
            var batch = new HiResEvent[4096];
            for (int read = reader.Read(batch); read > 0; read = reader.Read(batch))
            {
                take(batch.AsSpan(0, read));
            }
        }
        catch (InvalidDataException e)
        {
            throw new LogFormatException($"{path}: broken after {reader?.Rows ?? 0:N0} rows: {e.Message}", e);
        }
        catch (LogFormatException e)
        {
            throw new LogFormatException($"{path}: {e.Message}", e);
        }
        finally
        {
            (reader as IDisposable)?.Dispose();
        }
    }

    private static ILogReader ReaderOf(
        Opening content, string path, string? device, DeviceDirectory devices, BadRows bad)
    {
        if (MaxTimeLogReader.Is(content.First))
        {
            return new MaxTimeLogReader(content, path, devices, bad, device);
        }

        return EconoliteLogReader.Is(content.First)
            ? new EconoliteLogReader(content, path, devices, bad, device)
            : new CsvLogReader(content, path, devices, bad, device);
    }
}
