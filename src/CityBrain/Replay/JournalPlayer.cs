using CityBrain.Brain;
using CityBrain.Cli;
using CityBrain.History;
using CityBrain.Model;

namespace CityBrain.Replay;

/// <summary>
/// A journal and the brain that lives through it again: the same city, the same choices, the same events.
/// </summary>
internal sealed class JournalPlayer : IRecordedEvents
{
    private readonly JournalReader _reader;
    private readonly byte[] _extra = new byte[ushort.MaxValue];

    private JournalPlayer(JournalReader reader, DistrictBrain brain)
    {
        _reader = reader;
        Brain = brain;
    }

    public DistrictBrain Brain { get; private set; }
    public JournalReader Reader => _reader;
    /// <summary>Digests that were noted while the journal was written and have been met again.</summary>
    public int DigestsEqual { get; private set; }
    /// <summary>The event number at which a noted digest first differed; null while all were equal.</summary>
    public ulong? FirstDifference { get; private set; }

    /// <exception cref="CliFailure">There is no journal, or it cannot be replayed.</exception>
    public static JournalPlayer Open(string path)
    {
        JournalReader reader;
        try
        {
            reader = JournalReader.Open(path);
        }
        catch (FileNotFoundException)
        {
            throw CliFailure.Missing($"there is no journal in '{path}'");
        }
        if (reader.Preamble is not { } preamble)
        {
            reader.Dispose();
            throw CliFailure.Failed($"the journal in '{path}' is damaged at {reader.EndPlace}: it has no preamble");
        }
        if (!CityBuilder.TryBuild(preamble.City, out City? city, out var errors))
            throw CliFailure.Failed($"the city in the journal is not valid: {errors[0]}");
        return new JournalPlayer(reader, new DistrictBrain(city, BrainOptions.From(preamble.Options)));
    }

    /// <summary>Plays one event; false at the end. After a tick the brain's commands are there to be read.</summary>
    public bool Step(out CityEvent e) => Step(out e, out _);

    /// <summary>As <see cref="Step(out CityEvent)"/>, with the event's side data, valid until the next step.</summary>
    public bool Step(out CityEvent e, out ReadOnlySpan<byte> extra)
    {
        if (!_reader.TryRead(out e, out extra)) return false;
        Brain.Accept(e, extra);
        // Asking for a digest may read the next block over the side data.
        extra.CopyTo(_extra);
        extra = _extra.AsSpan(0, extra.Length);
        while (_reader.TryTakeDigest(out ulong noted))
        {
            if (noted == Brain.Digest()) DigestsEqual++;
            else FirstDifference ??= _reader.EventCount;
        }
        return true;
    }

    /// <summary>Goes to another place of the journal with the brain as it was there.</summary>
    public void Return(JournalMark mark, DistrictBrain brain)
    {
        _reader.Return(mark);
        Brain = brain;
    }

    public void Dispose() => _reader.Dispose();
}
