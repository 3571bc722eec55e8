using CityBrain.Model;

namespace CityBrain.Dashboard;

/// <summary>
/// Hands frames from the brain's thread to the dashboard: three frames circulate, neither side ever waits, and
/// the newest wins. One writer, one reader.
/// </summary>
public sealed class FrameExchange
{
    private const int Index = 3, Fresh = 4;

    private readonly CityFrame[] _frames;
    private int _writing, _reading = 1;
    // Index of the frame in between, with the bit Fresh while the reader has not seen it: one word, so that a
    // frame and the news of it change hands together.
    private int _between = 2;
    private long _replaced;

    public FrameExchange(City city, IReadOnlyList<string>? counterNames = null) => _frames =
        [new CityFrame(city, counterNames), new CityFrame(city, counterNames), new CityFrame(city, counterNames)];

    /// <summary>The writer's frame: fill all of it, then <see cref="Publish"/>.</summary>
    public CityFrame Writing => _frames[_writing];

    /// <summary>The reader's frame, as of its last <see cref="TryTake"/>.</summary>
    public CityFrame Reading => _frames[_reading];

    /// <summary>Frames that a newer one replaced before they were taken.</summary>
    public long Replaced => Volatile.Read(ref _replaced);

    /// <summary>Hands over the written frame; <see cref="Writing"/> is then another one.</summary>
    public void Publish()
    {
        int before = Interlocked.Exchange(ref _between, _writing | Fresh);
        _writing = before & Index;
        if ((before & Fresh) != 0) Volatile.Write(ref _replaced, _replaced + 1);
    }

    /// <summary>Takes the newest frame into <see cref="Reading"/>; false when there is none since the last.</summary>
    public bool TryTake()
    {
        if ((Volatile.Read(ref _between) & Fresh) == 0) return false;
        _reading = Interlocked.Exchange(ref _between, _reading) & Index;
        return true;
    }
}
