namespace CityBrain.Simulation;

/// <summary>
/// The drawing of the demo city, Lanhe: a river town with an old centre on the north bank, a ring road, avenues
/// that lead out of it and a belt on the south side. Streets that run into each other, or a little past, make a
/// junction; ends that stick out farther are roads out of town or car parks.
/// </summary>
internal static class StreetMap
{
    public static readonly (double X, double Y)[] River =
    [
        (-2750, 770), (-1950, 600), (-1300, 210), (-700, -130), (-150, -230), (400, -120), (950, -60),
        (1500, -330), (2100, -640), (2800, -720),
    ];

    /// <summary>Half of the river's width at its first and last point, metres.</summary>
    public const double RiverHalfWestM = 40, RiverHalfEastM = 68;

    public static readonly Street[] Streets =
    [
        new("Ring Road", "环城路", StreetRank.Ring,
        [
            (1330, 80), (1270, 480), (1010, 820), (640, 1060), (120, 1160), (-430, 1110), (-880, 900), (-1190, 560),
            (-1290, 120), (-1210, -330), (-960, -740), (-560, -1030), (-40, -1130), (470, -1060), (900, -830),
            (1200, -450),
        ], Closed: true),
        new("People's Avenue", "人民大道", StreetRank.Arterial,
        [
            (120, 2150), (60, 1600), (60, 1150), (10, 750), (-10, 330), (-40, -20), (-70, -230), (-60, -450),
            (-90, -780), (-60, -1130), (20, -1600), (-60, -2150),
        ]),
        new("Market Street", "市场街", StreetRank.Arterial,
        [
            (-2300, 1150), (-1700, 830), (-1180, 590), (-640, 420), (-10, 350), (560, 370), (1290, 330),
            (1800, 300), (2400, 420),
        ]),
        new("Station Road", "车站路", StreetRank.Arterial,
        [
            (-2350, -480), (-1700, -430), (-1200, -400), (-650, -510), (-60, -530), (450, -500), (900, -460),
            (1180, -490), (1750, -840), (2350, -1180),
        ]),
        new("Harbour Road", "港口路", StreetRank.Arterial,
            [(2000, 1700), (1500, 1250), (1020, 830), (720, 700), (555, 675)]),
        new("Mill Road", "磨坊路", StreetRank.Arterial,
            [(-1900, 1900), (-1350, 1350), (-870, 900), (-640, 740), (-485, 690)]),
        new("Airport Road", "机场路", StreetRank.Arterial,
            [(1900, -2000), (1350, -1350), (900, -840), (710, -720), (545, -670)]),
        new("Hill Road", "山麓路", StreetRank.Arterial,
            [(-2000, -1800), (-1400, -1200), (-940, -750), (-720, -700), (-540, -680)]),
        new("Weaver Street", "织工街", StreetRank.Collector,
            [(-450, 1130), (-490, 790), (-550, 430), (-600, 150), (-645, -35)]),
        new("Bell Street", "钟楼街", StreetRank.Collector,
            [(-280, 960), (-275, 560), (-260, 340), (-270, 60), (-285, -125)]),
        new("Silver Street", "银街", StreetRank.Collector,
        [
            (310, 1150), (275, 800), (270, 350), (282, -40), (290, -150), (290, -300), (280, -520), (270, -760),
            (240, -1120),
        ]),
        new("Lantern Street", "灯笼街", StreetRank.Collector,
        [
            (640, 1080), (575, 700), (550, 370), (570, 0), (578, -100), (580, -210), (570, -480), (555, -680),
            (570, -1050),
        ]),
        new("Foundry Street", "铸造街", StreetRank.Collector,
            [(-648, -245), (-600, -500), (-555, -700), (-560, -1050)]),
        new("Quay Street", "滨江北路", StreetRank.Collector,
        [
            (-1290, 345), (-1000, 165), (-640, -25), (-270, -108), (-50, -120), (280, -30), (570, 20), (900, 62),
            (1360, -40),
        ]),
        new("South Quay", "滨江南路", StreetRank.Collector,
        [
            (-1310, 50), (-950, -115), (-640, -260), (-260, -345), (-65, -350), (285, -265), (570, -215),
            (940, -185), (1275, -320),
        ]),
        new("Temple Street", "寺庙街", StreetRank.Collector,
            [(-740, 200), (-600, 180), (-265, 150), (-15, 130), (280, 160), (560, 195), (720, 215)]),
        new("Garden Street", "花园街", StreetRank.Collector,
            [(-700, 585), (-530, 560), (-275, 555), (0, 550), (270, 560), (560, 545), (900, 560), (1250, 590)]),
        new("University Street", "大学街", StreetRank.Collector,
            [(-510, 800), (-275, 775), (10, 765), (275, 785), (600, 805), (760, 850)]),
        new("College Street", "学院街", StreetRank.Collector,
            [(-720, -830), (-555, -805), (-320, -785), (-85, -775), (270, -770), (560, -810), (700, -850)]),
        new("Northgate Street", "北门街", StreetRank.Collector,
            [(-1750, 1180), (-1420, 1420), (-700, 1600), (60, 1620), (800, 1500), (1380, 1130), (1620, 950)]),
        new("Dock Street", "码头街", StreetRank.Collector,
            [(1560, 1360), (1735, 1000), (1790, 620), (1770, 300), (1690, -180)]),
        new("South Belt", "南环街", StreetRank.Collector,
        [
            (1790, -760), (1660, -1080), (1330, -1370), (700, -1600), (10, -1640), (-700, -1560), (-1420, -1220),
            (-1650, -820), (-1690, -260),
        ]),
        new("Westfield Street", "西田街", StreetRank.Side, [(-1620, 1130), (-1700, 830), (-1740, 680)]),
        new("Academy Street", "书院街", StreetRank.Collector,
            [(-300, -325), (-310, -520), (-320, -785), (-315, -960)]),
        new("Orchard Lane", "果园巷", StreetRank.Side, [(880, 690), (900, 560), (905, 360), (910, 42)]),
        new("Poplar Lane", "白杨巷", StreetRank.Side, [(-880, 690), (-905, 500), (-945, 115)]),
        new("Willow Lane", "柳树巷", StreetRank.Side, [(-955, -95), (-930, -440), (-900, -610)]),
        new("Cedar Lane", "雪松巷", StreetRank.Side, [(942, -165), (925, -465), (890, -640)]),
    ];

    /// <summary>Districts: id, name, Chinese name.</summary>
    public static readonly (string Id, string Name, string Chinese)[] Districts =
    [
        ("old-town", "Old Town", "老城区"), ("northgate", "Northgate", "北门区"), ("harbour", "Harbour", "港口区"),
        ("south-bank", "South Bank", "南岸区"), ("hillside", "Hillside", "山麓区"),
    ];
}
