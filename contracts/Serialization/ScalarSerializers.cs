namespace OrleansStream.Serialization;

internal sealed class BooleanSerializer : ScalarSerializer<bool>
{
    public override void Write(DataWriter writer, in bool value) => writer.WriteBoolean(value);

    public override bool Read(DataReader reader) => reader.ReadBoolean();
}

internal sealed class StringSerializer : ScalarSerializer<string?>
{
    public override void Write(DataWriter writer, in string? value) => writer.WriteString(value);

    public override string? Read(DataReader reader) => reader.ReadString();
}

/// <summary>The four words of <see cref="decimal.GetBits(decimal)"/>, so the scale is kept.</summary>
internal sealed class DecimalSerializer : ScalarSerializer<decimal>
{
    public override void Write(DataWriter writer, in decimal value)
    {
        Span<int> bits = stackalloc int[4];
        decimal.GetBits(value, bits);
        writer.WriteRawAll<int>(bits);
    }

    public override decimal Read(DataReader reader)
    {
        Span<int> bits = stackalloc int[4];
        reader.ReadRawAll(bits);
        int scale = (bits[3] >> 16) & 0xFF;
        if (scale > 28 || (bits[3] & 0x7F00FFFF) != 0)
        {
            throw reader.Corrupt("no decimal has this scale", -16);
        }

        return new decimal(bits[0], bits[1], bits[2], bits[3] < 0, (byte)scale);
    }
}

/// <summary>Ticks with the kind in the two highest bits; a local time stays the same clock reading in another time zone.</summary>
internal sealed class DateTimeSerializer : ScalarSerializer<DateTime>
{
    public override void Write(DataWriter writer, in DateTime value) => writer.WriteInt64(value.Ticks | ((long)value.Kind << 62));

    public override DateTime Read(DataReader reader)
    {
        long bits = reader.ReadInt64();
        long ticks = bits & 0x3FFF_FFFF_FFFF_FFFF;
        var kind = (DateTimeKind)(bits >>> 62);
        return ticks <= DateTime.MaxValue.Ticks && kind <= DateTimeKind.Local ? new DateTime(ticks, kind) : throw reader.Corrupt("no such DateTime", -8);
    }
}

/// <summary>Ticks of the local clock and the offset in minutes.</summary>
internal sealed class DateTimeOffsetSerializer : ScalarSerializer<DateTimeOffset>
{
    public override void Write(DataWriter writer, in DateTimeOffset value)
    {
        writer.WriteInt64(value.Ticks);
        writer.WriteInt16((short)value.TotalOffsetMinutes);
    }

    public override DateTimeOffset Read(DataReader reader)
    {
        long ticks = reader.ReadInt64();
        short minutes = reader.ReadInt16();
        long utc = ticks - (minutes * TimeSpan.TicksPerMinute);
        bool valid = Math.Abs((int)minutes) <= 14 * 60 && ticks >= 0 && ticks <= DateTime.MaxValue.Ticks && utc >= 0 && utc <= DateTime.MaxValue.Ticks;
        return valid ? new DateTimeOffset(ticks, TimeSpan.FromMinutes(minutes)) : throw reader.Corrupt("no such DateTimeOffset", -10);
    }
}

internal sealed class DateOnlySerializer : ScalarSerializer<DateOnly>
{
    public override void Write(DataWriter writer, in DateOnly value) => writer.WriteInt32(value.DayNumber);

    public override DateOnly Read(DataReader reader)
    {
        int day = reader.ReadInt32();
        return day >= 0 && day <= DateOnly.MaxValue.DayNumber ? DateOnly.FromDayNumber(day) : throw reader.Corrupt("no such DateOnly", -4);
    }
}

internal sealed class TimeOnlySerializer : ScalarSerializer<TimeOnly>
{
    public override void Write(DataWriter writer, in TimeOnly value) => writer.WriteInt64(value.Ticks);

    public override TimeOnly Read(DataReader reader)
    {
        long ticks = reader.ReadInt64();
        return ticks >= 0 && ticks <= TimeOnly.MaxValue.Ticks ? new TimeOnly(ticks) : throw reader.Corrupt("no such TimeOnly", -8);
    }
}

/// <summary>0 for null, 1 for an absolute and 2 for a relative one, then the original string.</summary>
internal sealed class UriSerializer : ScalarSerializer<Uri?>
{
    public override void Write(DataWriter writer, in Uri? value)
    {
        if (value is null)
        {
            writer.WriteByte(0);
            return;
        }

        writer.WriteByte(value.IsAbsoluteUri ? (byte)1 : (byte)2);
        writer.WriteString(value.OriginalString);
    }

    public override Uri? Read(DataReader reader)
    {
        byte kind = reader.ReadByte();
        if (kind == 0)
        {
            return null;
        }

        string? text = reader.ReadString();
        return kind <= 2 && Uri.TryCreate(text, kind == 1 ? UriKind.Absolute : UriKind.Relative, out Uri? uri)
            ? uri : throw reader.Corrupt("no such URI");
    }
}

/// <summary>A byte that tells null, then four numbers, -1 for one that is not given.</summary>
internal sealed class VersionSerializer : ScalarSerializer<Version?>
{
    public override void Write(DataWriter writer, in Version? value)
    {
        writer.WriteBoolean(value is not null);
        if (value is not null)
        {
            writer.WriteInt32(value.Major);
            writer.WriteInt32(value.Minor);
            writer.WriteInt32(value.Build);
            writer.WriteInt32(value.Revision);
        }
    }

    public override Version? Read(DataReader reader)
    {
        if (!reader.ReadBoolean())
        {
            return null;
        }

        (int major, int minor, int build, int revision) = (reader.ReadInt32(), reader.ReadInt32(), reader.ReadInt32(), reader.ReadInt32());
        return (major, minor, build, revision) switch
        {
            ( >= 0, >= 0, >= 0, >= 0) => new Version(major, minor, build, revision),
            ( >= 0, >= 0, >= 0, -1) => new Version(major, minor, build),
            ( >= 0, >= 0, -1, -1) => new Version(major, minor),
            _ => throw reader.Corrupt("no such Version", -16),
        };
    }
}
