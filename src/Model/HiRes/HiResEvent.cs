namespace CityBrain.Model.HiRes;

/// <summary>
/// One row of a controller's high-resolution log, 16 bytes: an event of the Indiana Traffic Signal Hi
/// Resolution Data Logger Enumerations (Purdue University and INDOT, 2012; revised 2019) with its parameter.
/// </summary>
/// <param name="TimeMs">Agency's local wall clock, milliseconds since 1970-01-01 00:00 of that clock.</param>
/// <param name="Device">Index of the controller among those the source knows, from 0.</param>
/// <param name="EventId">Enumeration number; see <see cref="EventIds"/>.</param>
/// <param name="Parameter">A phase, overlap, detector, preemption or value, by the event.</param>
public readonly record struct HiResEvent(long TimeMs, int Device, ushort EventId, ushort Parameter)
    : IComparable<HiResEvent>
{
    /// <summary>
    /// The order every measure expects: time, device, event id, parameter. At equal times a begin green (1)
    /// thus comes before a detector on (82), whatever order the exporter wrote them in.
    /// </summary>
    public int CompareTo(HiResEvent other)
    {
        int order = TimeMs.CompareTo(other.TimeMs);
        if (order != 0)
        {
            return order;
        }

        order = Device.CompareTo(other.Device);
        return order != 0 ? order : Code.CompareTo(other.Code);
    }

    private uint Code => ((uint)EventId << 16) | Parameter;
}
