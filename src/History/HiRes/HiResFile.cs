using System.IO.Compression;
using CityBrain.Model.HiRes;

namespace CityBrain.History.HiRes;

/// <summary>Takes events as they are read.</summary>
public delegate void EventsTaker(ReadOnlySpan<HiResEvent> events);

/// <summary>
/// Reads one log file of any known form, gzip unpacked. A gzip that was cut off is an error where the program runs with
/// <c>System.IO.Compression.UseStrictValidation</c>, as every program of this solution does.
/// </summary>
public static class HiResFile
{
    /// <exception cref="LogFormatException">It is no log, or its compression is broken.</exception>
    public static void Read(string path, string? device, DeviceDirectory devices, BadRows bad, EventsTaker take)
    {
        using FileStream file = File.OpenRead(path);
        using Stream content = Unpacked(file);
        var reader = new CsvLogReader(content, path, devices, bad, device);
        var batch = new HiResEvent[4096];
        try
        {
            for (int read = reader.Read(batch); read > 0; read = reader.Read(batch))
            {
                take(batch.AsSpan(0, read));
            }
        }
        catch (InvalidDataException e)
        {
            throw new LogFormatException($"{path}: broken after {reader.Rows:N0} rows: {e.Message}", e);
        }
        catch (LogFormatException e)
        {
            throw new LogFormatException($"{path}: {e.Message}", e);
        }
    }

    /// <summary>Unpacks gzip, told by its first two bytes; anything else is left as it is.</summary>
    private static Stream Unpacked(FileStream file)
    {
        Span<byte> magic = stackalloc byte[2];
        int read = file.ReadAtLeast(magic, 2, throwOnEndOfStream: false);
        file.Position = 0;
        return read == 2 && magic[0] == 0x1F && magic[1] == 0x8B
            ? new GZipStream(file, CompressionMode.Decompress)
            : file;
    }
}
