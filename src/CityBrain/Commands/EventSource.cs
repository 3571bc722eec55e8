using CityBrain.History.HiRes;
using CityBrain.Model.HiRes;

namespace CityBrain.Commands;

/// <summary>
/// Events in order, from what was named on the command line: a store alone is read day by day; logs, and
/// several sources, are read into memory and put in order there.
/// </summary>
internal sealed record EventSource(
    DeviceDirectory Devices, BadRows Bad, IEnumerable<ReadOnlyMemory<HiResEvent>> Events, string? DetectorsPath)
{
    public static EventSource Of(MeasuresOptions options, TextWriter progress)
    {
        string? kept = options.Sources.Where(HiResStore.IsAt)
            .Select(path => new HiResStore(path).DetectorsPath).FirstOrDefault(File.Exists);
        if (options.Sources is [var only] && HiResStore.IsAt(only))
        {
            var devices = new DeviceDirectory();
            return new EventSource(devices, new BadRows(), new HiResStore(only).Open(devices), kept);
        }

        var log = new HiResLog();
        foreach (string source in options.Sources)
        {
            long before = log.Count;
            if (HiResStore.IsAt(source))
            {
                foreach (ReadOnlyMemory<HiResEvent> events in new HiResStore(source).Open(log.Devices))
                {
                    log.Add(events.Span);
                }

                progress.WriteLine($"{source}: {log.Count - before:N0} events");
                continue;
            }

            foreach (string path in LogFiles.Of([source]))
            {
                before = log.Count;
                log.AddFile(path, options.Device);
                progress.WriteLine($"{path}: {log.Count - before:N0} events");
            }
        }

        BadRowReport.Write(log.Bad, progress);
        return new EventSource(log.Devices, log.Bad, log.InOrder(), kept);
    }
}
