using System.Globalization;
using System.Xml;
using CityBrain.Model.HiRes;

namespace CityBrain.History.HiRes;

/// <summary>
/// Reads an event log that an Intelight MaxTime controller answers with in XML: elements <c>Event</c> with the
/// attributes TimeStamp, EventTypeID and Parameter, whatever they are nested in; as read by Utah's ATSPM
/// (<c>MaxtimeToIndianaDecoder</c>). The device is told, or is the number that the file's name begins with. Bad rows
/// have the line number of their element.
/// </summary>
internal sealed class MaxTimeLogReader : ILogReader, IDisposable
{
    private readonly XmlReader _xml;
    private readonly string _source;
    private readonly BadRows _bad;
    private readonly int _device;

    public MaxTimeLogReader(Stream stream, string source, DeviceDirectory devices, BadRows bad, string? device)
    {
        (_source, _bad) = (source, bad);
        _device = devices.IndexOf(device ?? EconoliteLogReader.DeviceOf(source));
        _xml = XmlReader.Create(stream, new XmlReaderSettings
        {
            DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null, MaxCharactersFromEntities = 1024, IgnoreComments = true,
        });
    }

    public long Rows { get; private set; }

    /// <summary>Whether a file's first bytes are XML.</summary>
    public static bool Is(ReadOnlySpan<byte> first)
    {
        if (first.StartsWith("\uFEFF"u8)) first = first[3..];
        return first.TrimStart(" \t\r\n"u8).StartsWith("<"u8);
    }

    public int Read(Span<HiResEvent> into)
    {
        int count = 0;
        try
        {
            while (count < into.Length && _xml.Read())
            {
                if (_xml.NodeType != XmlNodeType.Element || _xml.LocalName != "Event") continue;
                if (Parse(out into[count]) is { } wrong) _bad.Add(_source, ((IXmlLineInfo)_xml).LineNumber, wrong);
                else count++;
            }
        }
        catch (Exception e) when (e is XmlException or ArgumentException)     // the latter for a broken first line
        {
            throw new LogFormatException($"broken after {Rows + count:N0} events: {e.Message}", e);
        }
        Rows += count;
        return count;
    }

    public void Dispose() => _xml.Dispose();

    private string? Parse(out HiResEvent e)
    {
        e = default;
        if (!TimestampText.TryParse(_xml.GetAttribute("TimeStamp") ?? "", out long timeMs)) return "no timestamp";
        if (!Number("EventTypeID", out ushort id)) return "event id is not a number from 0 to 65535";
        if (!Number("Parameter", out ushort parameter)) return "parameter is not a number from 0 to 65535";
        e = new HiResEvent(timeMs, _device, id, parameter);
        return null;
    }

    private bool Number(string attribute, out ushort value) => ushort.TryParse(
        _xml.GetAttribute(attribute), NumberStyles.None, CultureInfo.InvariantCulture, out value);
}
