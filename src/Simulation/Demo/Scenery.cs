using CityBrain.Model;

namespace CityBrain.Simulation;

public enum SceneryKind { Water, Park, Lane }

/// <summary>A shape to draw behind the streets: a closed outline, or for <see cref="SceneryKind.Lane"/> a line.</summary>
public sealed record SceneryShape(SceneryKind Kind, string Name, string Chinese, Point[] Outline);

/// <summary>A name with its Chinese form.</summary>
public sealed record PlaceName(string Name, string Chinese);

/// <summary>
/// What a map shows besides the road network; decoration only, nothing in the simulation or the brain reads it.
/// Metres in the city's own plane.
/// </summary>
public sealed record Scenery(SceneryShape[] Shapes, PlaceName[] Streets, PlaceName[] Districts);
