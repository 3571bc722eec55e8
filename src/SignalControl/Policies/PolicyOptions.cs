namespace CityBrain.SignalControl;

/// <summary>What may be set from outside; one set serves every network.</summary>
public sealed record PolicyOptions
{
    public static readonly PolicyOptions Default = new();

    /// <summary>District served, dense index; -1 for the whole city.</summary>
    public int District { get; init; } = -1;

    /// <summary>Factor on the saturation headways assumed by the predictive policy; 1 unless robustness is tested.</summary>
    public double HeadwayFactor { get; init; } = 1;

    /// <summary>Fixed and actuated: split of a stage where the intersection has no programme, milliseconds.</summary>
    public int DefaultSplitMs { get; init; } = 30_000;

    /// <summary>Actuated: a green ends when no vehicle has passed its passage point for this many seconds.</summary>
    public float GapS { get; init; } = 3;

    /// <summary>Actuated: longest green of a stage, milliseconds.</summary>
    public int MaxGreenMs { get; init; } = 50_000;

    /// <summary>Max pressure: time from one decision to the next while a stage stays, milliseconds.</summary>
    public int CadenceMs { get; init; } = 5_000;

    /// <summary>Max pressure: queues are followed this far from the stop line, metres.</summary>
    public float QueueReachM { get; init; } = 200;

    /// <summary>Max pressure: vehicles slower than this are queued, standing or on their way out of a queue, m/s.</summary>
    public float QueueSpeedMps { get; init; } = 8;
}
