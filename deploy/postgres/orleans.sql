-- What a silo with cluster.kind = postgres keeps in its database: membership, grain state (the list of jobs) and reminders of Orleans 10.
-- Orleans issues no queries of its own: it reads them from the table OrleansQuery by the keys below, and gives them parameters and reads columns by name.
-- A silo that finds no table OrleansQuery applies this file by itself; with an account that may not create tables, apply it beforehand:
--   psql --set ON_ERROR_STOP=1 --single-transaction --file deploy/postgres/orleans.sql DATABASE
-- It covers what the silo uses: not Orleans' streams or grain directory in a database. Where Orleans' own scripts were applied, leave it away; it fails there and changes nothing.

CREATE TABLE OrleansQuery
(
    QueryKey text PRIMARY KEY,
    QueryText text NOT NULL
);

-- ---- membership ----

-- The version of a cluster's table; every change of a member raises it, so that of two changes at once one fails and is tried again.
CREATE TABLE ostream_cluster
(
    DeploymentId text PRIMARY KEY,
    Version integer NOT NULL,
    ChangedAt timestamptz NOT NULL
);

CREATE TABLE ostream_member
(
    DeploymentId text NOT NULL REFERENCES ostream_cluster,
    Address text NOT NULL,
    Port integer NOT NULL,
    Generation integer NOT NULL,
    SiloName text NOT NULL,
    HostName text NOT NULL,
    Status integer NOT NULL,
    ProxyPort integer NOT NULL,
    SuspectTimes text,
    StartTime timestamptz NOT NULL,
    IAmAliveTime timestamptz NOT NULL,
    PRIMARY KEY (DeploymentId, Address, Port, Generation)
);

INSERT INTO OrleansQuery VALUES
('InsertMembershipVersionKey', $$
    WITH made AS (INSERT INTO ostream_cluster VALUES (@DeploymentId, 0, now()) ON CONFLICT DO NOTHING RETURNING 1)
    SELECT EXISTS (SELECT 1 FROM made)
$$),
('InsertMembershipKey', $$
    WITH raised AS
    (
        UPDATE ostream_cluster SET Version = Version + 1, ChangedAt = now()
        WHERE DeploymentId = @DeploymentId AND Version = @Version AND NOT EXISTS
            (SELECT 1 FROM ostream_member WHERE DeploymentId = @DeploymentId AND Address = @Address AND Port = @Port AND Generation = @Generation)
        RETURNING DeploymentId
    ),
    made AS
    (
        INSERT INTO ostream_member
        SELECT DeploymentId, @Address, @Port, @Generation, @SiloName, @HostName, @Status, @ProxyPort, NULL, @StartTime, @IAmAliveTime FROM raised
        RETURNING 1
    )
    SELECT EXISTS (SELECT 1 FROM made)
$$),
('UpdateMembershipKey', $$
    WITH raised AS
    (
        UPDATE ostream_cluster SET Version = Version + 1, ChangedAt = now()
        WHERE DeploymentId = @DeploymentId AND Version = @Version AND EXISTS
            (SELECT 1 FROM ostream_member WHERE DeploymentId = @DeploymentId AND Address = @Address AND Port = @Port AND Generation = @Generation)
        RETURNING DeploymentId
    ),
    changed AS
    (
        UPDATE ostream_member m SET Status = @Status, SuspectTimes = CAST(@SuspectTimes AS text), IAmAliveTime = @IAmAliveTime
        FROM raised
        WHERE m.DeploymentId = raised.DeploymentId AND m.Address = @Address AND m.Port = @Port AND m.Generation = @Generation
        RETURNING 1
    )
    SELECT EXISTS (SELECT 1 FROM changed)
$$),
-- The sign of life does not raise the version.
('UpdateIAmAlivetimeKey', $$
    UPDATE ostream_member SET IAmAliveTime = @IAmAliveTime
    WHERE DeploymentId = @DeploymentId AND Address = @Address AND Port = @Port AND Generation = @Generation
$$),
-- Both reads give a row with the version where there is no member.
('MembershipReadRowKey', $$
    SELECT c.Version, m.Address, m.Port, m.Generation, m.SiloName, m.HostName, m.Status, m.ProxyPort, m.SuspectTimes, m.StartTime, m.IAmAliveTime
    FROM ostream_cluster c
    LEFT JOIN ostream_member m ON m.DeploymentId = c.DeploymentId AND m.Address = @Address AND m.Port = @Port AND m.Generation = @Generation
    WHERE c.DeploymentId = @DeploymentId
$$),
('MembershipReadAllKey', $$
    SELECT c.Version, m.Address, m.Port, m.Generation, m.SiloName, m.HostName, m.Status, m.ProxyPort, m.SuspectTimes, m.StartTime, m.IAmAliveTime
    FROM ostream_cluster c
    LEFT JOIN ostream_member m ON m.DeploymentId = c.DeploymentId
    WHERE c.DeploymentId = @DeploymentId
$$),
('GatewaysQueryKey', $$
    SELECT Address, ProxyPort, Generation FROM ostream_member
    WHERE DeploymentId = @DeploymentId AND Status = @Status AND ProxyPort > 0
$$),
-- 3 is a silo that is active.
('CleanupDefunctSiloEntriesKey', $$
    DELETE FROM ostream_member WHERE DeploymentId = @DeploymentId AND IAmAliveTime < @IAmAliveTime AND Status <> 3
$$),
('DeleteMembershipTableEntriesKey', $$
    DELETE FROM ostream_member WHERE DeploymentId = @DeploymentId;
    DELETE FROM ostream_cluster WHERE DeploymentId = @DeploymentId
$$);

-- ---- grain state ----

-- Hashes come first: they are what a grain is found by. The names of two grains may have the same.
CREATE TABLE ostream_grain_state
(
    GrainIdHash integer NOT NULL,
    GrainTypeHash integer NOT NULL,
    GrainIdN0 bigint NOT NULL,
    GrainIdN1 bigint NOT NULL,
    GrainTypeString text NOT NULL,
    GrainIdExtensionString text NOT NULL,
    ServiceId text NOT NULL,
    PayloadBinary bytea,
    Version integer NOT NULL,
    ChangedAt timestamptz NOT NULL,
    PRIMARY KEY (GrainIdHash, GrainTypeHash, GrainIdN0, GrainIdN1, GrainTypeString, GrainIdExtensionString, ServiceId)
);

-- A version that the grain does not know any more changes nothing and gives no row: Orleans then refuses the write.
INSERT INTO OrleansQuery VALUES
('ReadFromStorageKey', $$
    SELECT PayloadBinary, Version FROM ostream_grain_state
    WHERE GrainIdHash = @GrainIdHash AND GrainTypeHash = @GrainTypeHash AND GrainIdN0 = @GrainIdN0 AND GrainIdN1 = @GrainIdN1
        AND GrainTypeString = @GrainTypeString AND GrainIdExtensionString = coalesce(CAST(@GrainIdExtensionString AS text), '') AND ServiceId = @ServiceId
$$),
('WriteToStorageKey', $$
    WITH changed AS
    (
        UPDATE ostream_grain_state SET PayloadBinary = @PayloadBinary, Version = Version + 1, ChangedAt = now()
        WHERE GrainIdHash = @GrainIdHash AND GrainTypeHash = @GrainTypeHash AND GrainIdN0 = @GrainIdN0 AND GrainIdN1 = @GrainIdN1
            AND GrainTypeString = @GrainTypeString AND GrainIdExtensionString = coalesce(CAST(@GrainIdExtensionString AS text), '') AND ServiceId = @ServiceId
            AND Version = CAST(@GrainStateVersion AS integer)
        RETURNING Version
    ),
    made AS
    (
        INSERT INTO ostream_grain_state
        SELECT @GrainIdHash, @GrainTypeHash, @GrainIdN0, @GrainIdN1, @GrainTypeString, coalesce(CAST(@GrainIdExtensionString AS text), ''), @ServiceId, @PayloadBinary, 1, now()
        WHERE CAST(@GrainStateVersion AS integer) IS NULL
        ON CONFLICT DO NOTHING
        RETURNING Version
    ),
    written AS (SELECT Version FROM changed UNION ALL SELECT Version FROM made)
    SELECT (SELECT Version FROM written) AS NewGrainStateVersion
$$),
('ClearStorageKey', $$
    UPDATE ostream_grain_state SET PayloadBinary = NULL, Version = Version + 1, ChangedAt = now()
    WHERE GrainIdHash = @GrainIdHash AND GrainTypeHash = @GrainTypeHash AND GrainIdN0 = @GrainIdN0 AND GrainIdN1 = @GrainIdN1
        AND GrainTypeString = @GrainTypeString AND GrainIdExtensionString = coalesce(CAST(@GrainIdExtensionString AS text), '') AND ServiceId = @ServiceId
        AND Version = CAST(@GrainStateVersion AS integer)
    RETURNING Version AS NewGrainStateVersion
$$),
('DeleteStorageKey', $$
    DELETE FROM ostream_grain_state
    WHERE GrainIdHash = @GrainIdHash AND GrainTypeHash = @GrainTypeHash AND GrainIdN0 = @GrainIdN0 AND GrainIdN1 = @GrainIdN1
        AND GrainTypeString = @GrainTypeString AND GrainIdExtensionString = coalesce(CAST(@GrainIdExtensionString AS text), '') AND ServiceId = @ServiceId
        AND Version = CAST(@GrainStateVersion AS integer)
    RETURNING Version + 1 AS NewGrainStateVersion
$$);

-- ---- reminders ----

CREATE TABLE ostream_reminder
(
    ServiceId text NOT NULL,
    GrainId text NOT NULL,
    ReminderName text NOT NULL,
    GrainHash integer NOT NULL,
    StartTime timestamptz NOT NULL,
    Period bigint NOT NULL,
    Version integer NOT NULL,
    PRIMARY KEY (ServiceId, GrainId, ReminderName)
);

CREATE INDEX ostream_reminder_hash ON ostream_reminder (ServiceId, GrainHash);

-- A range of hashes is open at its begin and closed at its end; the second query is for one that goes around.
INSERT INTO OrleansQuery VALUES
('UpsertReminderRowKey', $$
    INSERT INTO ostream_reminder AS r VALUES (@ServiceId, @GrainId, @ReminderName, @GrainHash, @StartTime, @Period, 0)
    ON CONFLICT (ServiceId, GrainId, ReminderName)
    DO UPDATE SET StartTime = excluded.StartTime, Period = excluded.Period, GrainHash = excluded.GrainHash, Version = r.Version + 1
    RETURNING r.Version AS Version
$$),
('ReadReminderRowKey', $$
    SELECT GrainId, ReminderName, StartTime, Period, Version FROM ostream_reminder
    WHERE ServiceId = @ServiceId AND GrainId = @GrainId AND ReminderName = @ReminderName
$$),
('ReadReminderRowsKey', $$
    SELECT GrainId, ReminderName, StartTime, Period, Version FROM ostream_reminder
    WHERE ServiceId = @ServiceId AND GrainId = @GrainId
$$),
('ReadRangeRows1Key', $$
    SELECT GrainId, ReminderName, StartTime, Period, Version FROM ostream_reminder
    WHERE ServiceId = @ServiceId AND GrainHash > @BeginHash AND GrainHash <= @EndHash
$$),
('ReadRangeRows2Key', $$
    SELECT GrainId, ReminderName, StartTime, Period, Version FROM ostream_reminder
    WHERE ServiceId = @ServiceId AND (GrainHash > @BeginHash OR GrainHash <= @EndHash)
$$),
('DeleteReminderRowKey', $$
    WITH gone AS
    (
        DELETE FROM ostream_reminder
        WHERE ServiceId = @ServiceId AND GrainId = @GrainId AND ReminderName = @ReminderName AND Version = @Version
        RETURNING 1
    )
    SELECT EXISTS (SELECT 1 FROM gone)
$$),
('DeleteReminderRowsKey', $$
    DELETE FROM ostream_reminder WHERE ServiceId = @ServiceId
$$);
