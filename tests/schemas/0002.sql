PRAGMA application_id = 1112753997;
PRAGMA user_version = 2;
BEGIN TRANSACTION;
CREATE TABLE alerts (
    id          TEXT NOT NULL PRIMARY KEY,
    state       TEXT NOT NULL,
    rule        TEXT NOT NULL,
    account     TEXT NOT NULL,
    subject     TEXT NOT NULL,
    fired_at    REAL,
    resolved_at REAL,
    closed      INTEGER NOT NULL DEFAULT 0,
    alert       TEXT NOT NULL
);
INSERT INTO "alerts" VALUES('bd84f7a5617dd944-1a2179c4562','firing','Held','default','5003',1.79569244707429504391e+09,NULL,0,'{"id":"bd84f7a5617dd944-1a2179c4562","fingerprint":"bd84f7a5617dd944","key":{"rule":"Held","account":"default","subject":"5003"},"state":"firing","labels":{"alertname":"Held","account":"default","campaign_id":"5003","sender":"UrbanWear","message_type":"sms","severity":"critical"},"annotations":{"summary":"Spring sale ☀ is held"},"active_since":"2026-11-26T11:27:27.074295Z","inactive_since":null,"fired_at":"2026-11-26T11:27:27.074295Z","resolved_at":null,"resolve_reason":null,"event_id":null,"campaign":{"account":"default","id":5003,"name":"Spring sale ☀","sender":"UrbanWear","status":"spam","message_type":"sms","created_at":1795692444.0,"start_at":1795692444.0,"real_start_at":null,"finished_at":null,"sent":0,"delivered":0,"fallback_sent":null,"fallback_delivered":null,"calculated_price":0.0,"currency":null}}');
INSERT INTO "alerts" VALUES('89e0f6d82b31a2e5-1a2179c4562','resolved','Sending','default','5004',1.79569244707429504391e+09,1.79569245010296201707e+09,1,'{"id":"89e0f6d82b31a2e5-1a2179c4562","fingerprint":"89e0f6d82b31a2e5","key":{"rule":"Sending","account":"default","subject":"5004"},"state":"resolved","labels":{"alertname":"Sending","account":"default","campaign_id":"5004","sender":"AutoPlus","message_type":"sms","severity":"warning"},"annotations":{"summary":"Price drop is being sent"},"active_since":"2026-11-26T11:27:27.074295Z","inactive_since":"2026-11-26T11:27:30.102962Z","fired_at":"2026-11-26T11:27:27.074295Z","resolved_at":"2026-11-26T11:27:30.102962Z","resolve_reason":"condition","event_id":null,"campaign":{"account":"default","id":5004,"name":"Price drop","sender":"AutoPlus","status":"stopped","message_type":"sms","created_at":1795692444.0,"start_at":1795692444.0,"real_start_at":1795692444.0,"finished_at":1795692450.0,"sent":120,"delivered":21,"fallback_sent":null,"fallback_delivered":null,"calculated_price":0.0,"currency":null}}');
INSERT INTO "alerts" VALUES('75158bef4b03075e-1a2179c4562','resolved','Sending','default','5006',1.79569244707429504391e+09,1.79569244905557894704e+09,1,'{"id":"75158bef4b03075e-1a2179c4562","fingerprint":"75158bef4b03075e","key":{"rule":"Sending","account":"default","subject":"5006"},"state":"resolved","labels":{"alertname":"Sending","account":"default","campaign_id":"5006","sender":"PharmaOne","message_type":"sms","severity":"warning"},"annotations":{"summary":"Vaccination week is being sent"},"active_since":"2026-11-26T11:27:27.074295Z","inactive_since":"2026-11-26T11:27:29.055579Z","fired_at":"2026-11-26T11:27:27.074295Z","resolved_at":"2026-11-26T11:27:29.055579Z","resolve_reason":"condition","event_id":null,"campaign":{"account":"default","id":5006,"name":"Vaccination week","sender":"PharmaOne","status":"paused","message_type":"sms","created_at":1795692444.0,"start_at":1795692444.0,"real_start_at":1795692444.0,"finished_at":null,"sent":100,"delivered":14,"fallback_sent":null,"fallback_delivered":null,"calculated_price":0.0,"currency":null}}');
INSERT INTO "alerts" VALUES('4a476b9f29c7beca-1a2179c4562','firing','Poor','default','',1.79569244707429504391e+09,NULL,0,'{"id":"4a476b9f29c7beca-1a2179c4562","fingerprint":"4a476b9f29c7beca","key":{"rule":"Poor","account":"default","subject":""},"state":"firing","labels":{"alertname":"Poor","account":"default","severity":"warning"},"annotations":{"summary":"little is left"},"active_since":"2026-11-26T11:27:27.074295Z","inactive_since":null,"fired_at":"2026-11-26T11:27:27.074295Z","resolved_at":null,"resolve_reason":null,"event_id":null,"campaign":null}');
INSERT INTO "alerts" VALUES('3f9efdb5de4f3ce3-1a2179c4d1f','pending','Paused','default','5006',NULL,NULL,0,'{"id":"3f9efdb5de4f3ce3-1a2179c4d1f","fingerprint":"3f9efdb5de4f3ce3","key":{"rule":"Paused","account":"default","subject":"5006"},"state":"pending","labels":{"alertname":"Paused","account":"default","campaign_id":"5006","sender":"PharmaOne","message_type":"sms","severity":"warning"},"annotations":{},"active_since":"2026-11-26T11:27:29.055579Z","inactive_since":null,"fired_at":null,"resolved_at":null,"resolve_reason":null,"event_id":null,"campaign":{"account":"default","id":5006,"name":"Vaccination week","sender":"PharmaOne","status":"paused","message_type":"sms","created_at":1795692444.0,"start_at":1795692444.0,"real_start_at":1795692444.0,"finished_at":null,"sent":100,"delivered":14,"fallback_sent":null,"fallback_delivered":null,"calculated_price":0.0,"currency":null}}');
INSERT INTO "alerts" VALUES('5de571509eaa7b1f-19be95f1ff31134ba090','firing','Stopped','default','5004',1.79569245010296201707e+09,1.79569245010296201707e+09,1,'{"id":"5de571509eaa7b1f-19be95f1ff31134ba090","fingerprint":"5de571509eaa7b1f","key":{"rule":"Stopped","account":"default","subject":"5004"},"state":"firing","labels":{"alertname":"Stopped","account":"default","campaign_id":"5004","sender":"AutoPlus","message_type":"sms","severity":"warning"},"annotations":{"summary":"Price drop was stopped"},"active_since":"2026-11-26T11:27:30.102962Z","inactive_since":null,"fired_at":"2026-11-26T11:27:30.102962Z","resolved_at":"2026-11-26T11:27:30.102962Z","resolve_reason":null,"event_id":"19be95f1ff31134ba090","campaign":{"account":"default","id":5004,"name":"Price drop","sender":"AutoPlus","status":"stopped","message_type":"sms","created_at":1795692444.0,"start_at":1795692444.0,"real_start_at":1795692444.0,"finished_at":1795692450.0,"sent":120,"delivered":21,"fallback_sent":null,"fallback_delivered":null,"calculated_price":0.0,"currency":null}}');
CREATE TABLE balances (
    account  TEXT NOT NULL PRIMARY KEY,
    balance  REAL NOT NULL,
    credit   REAL NOT NULL,
    currency TEXT,
    read_at  REAL NOT NULL
);
INSERT INTO "balances" VALUES('default',120.0,25.0,'EUR',1.79569244707503199577e+09);
CREATE TABLE campaigns (
    account            TEXT NOT NULL,
    id                 INTEGER NOT NULL,
    name               TEXT NOT NULL,
    sender             TEXT NOT NULL,
    status             TEXT NOT NULL,
    message_type       TEXT NOT NULL,
    created_at         REAL NOT NULL,
    start_at           REAL,
    real_start_at      REAL,
    finished_at        REAL,
    sent               INTEGER,
    delivered          INTEGER,
    fallback_sent      INTEGER,
    fallback_delivered INTEGER,
    calculated_price   REAL,
    currency           TEXT,
    first_seen         REAL NOT NULL,
    status_since       REAL NOT NULL,
    progress_since     REAL NOT NULL,
    settled            INTEGER NOT NULL,
    revision           INTEGER NOT NULL,
    PRIMARY KEY (account, id)
) WITHOUT ROWID;
INSERT INTO "campaigns" VALUES('default',5001,'Long ago','UrbanWear','done','sms',1795260444.0,1795260444.0,1795260444.0,1795260474.0,900,873,NULL,NULL,0.0,NULL,1.79569244707429504391e+09,1795260474.0,1.79569244707429504391e+09,1,0);
INSERT INTO "campaigns" VALUES('default',5002,'Carousel','TechHubAgent','done','rcs',1795685244.0,1795685244.0,1795685244.0,1795685249.0,5000,2949,1900,1804,0.0,NULL,1.79569244707494807245e+09,1795685249.0,1.79569244707494807245e+09,0,0);
INSERT INTO "campaigns" VALUES('default',5003,'Spring sale ☀','UrbanWear','spam','sms',1795692444.0,1795692444.0,NULL,NULL,0,0,NULL,NULL,0.0,NULL,1.79569244707429504391e+09,1795692444.0,1.79569244707429504391e+09,0,0);
INSERT INTO "campaigns" VALUES('default',5004,'Price drop','AutoPlus','stopped','sms',1795692444.0,1795692444.0,1795692444.0,1795692450.0,120,27,NULL,NULL,0.0,NULL,1.79569244707429504391e+09,1795692450.0,1.79569245010296201707e+09,0,4);
INSERT INTO "campaigns" VALUES('default',5005,'Short notice','CinemaX','done','sms',1795692444.0,1795692444.0,1795692444.0,1795692446.0,40,12,NULL,NULL,0.0,NULL,1.79569244707429504391e+09,1795692446.0,1.79569244707429504391e+09,0,4);
INSERT INTO "campaigns" VALUES('default',5006,'Vaccination week','PharmaOne','paused','sms',1795692444.0,1795692444.0,1795692444.0,NULL,100,25,NULL,NULL,0.0,NULL,1.79569244707429504391e+09,1.79569244905557894704e+09,1.79569244905557894704e+09,0,4);
CREATE TABLE events (
    sequence    INTEGER NOT NULL PRIMARY KEY,
    id          TEXT NOT NULL UNIQUE,
    kind        TEXT NOT NULL,
    account     TEXT NOT NULL,
    campaign_id INTEGER NOT NULL,
    at          REAL NOT NULL,
    event       TEXT NOT NULL
);
INSERT INTO "events" VALUES(1,'69c807db3f6963927475','status_changed','default',5006,1.79569244905557894704e+09,'{"id":"69c807db3f6963927475","kind":"status_changed","at":1795692449.055579,"campaign":{"account":"default","id":5006,"name":"Vaccination week","sender":"PharmaOne","status":"paused","message_type":"sms","created_at":1795692444.0,"start_at":1795692444.0,"real_start_at":1795692444.0,"finished_at":null,"sent":100,"delivered":14,"fallback_sent":null,"fallback_delivered":null,"calculated_price":0.0,"currency":null},"changes":[{"field":"status","old":"sending","new":"paused"}]}');
INSERT INTO "events" VALUES(2,'19be95f1ff31134ba090','status_changed','default',5004,1.79569245010296201707e+09,'{"id":"19be95f1ff31134ba090","kind":"status_changed","at":1795692450.102962,"campaign":{"account":"default","id":5004,"name":"Price drop","sender":"AutoPlus","status":"stopped","message_type":"sms","created_at":1795692444.0,"start_at":1795692444.0,"real_start_at":1795692444.0,"finished_at":1795692450.0,"sent":120,"delivered":21,"fallback_sent":null,"fallback_delivered":null,"calculated_price":0.0,"currency":null},"changes":[{"field":"status","old":"sending","new":"stopped"},{"field":"finished_at","old":null,"new":1795692450.0}]}');
CREATE TABLE feeds (
    account              TEXT NOT NULL,
    message_type         TEXT NOT NULL,
    first_tried          REAL NOT NULL,
    last_success         REAL,
    last_full            REAL,
    last_outcome         TEXT,
    answered             INTEGER NOT NULL,
    consecutive_failures INTEGER NOT NULL,
    failing_since        REAL,
    PRIMARY KEY (account, message_type)
);
INSERT INTO "feeds" VALUES('default','sms',1.79569244707429504391e+09,1.79569245114788699152e+09,1.79569244707429504391e+09,'ok',1,0,NULL);
INSERT INTO "feeds" VALUES('default','rcs',1.79569244707494807245e+09,1.79569245105532598492e+09,1.79569244707494807245e+09,'ok',1,0,NULL);
CREATE TABLE ledgers (
    receiver  TEXT NOT NULL,
    group_key TEXT NOT NULL,
    ledger    TEXT NOT NULL,
    PRIMARY KEY (receiver, group_key)
);
INSERT INTO "ledgers" VALUES('hook','hook:da1bff4af177b504','{"group":{"receiver":"hook","key":"hook:da1bff4af177b504"},"labels":{"alertname":"Sending"},"told":{},"flushed_at":"2026-11-26T11:27:30.107813Z"}');
INSERT INTO "ledgers" VALUES('hook','hook:abdda92e83de979e','{"group":{"receiver":"hook","key":"hook:abdda92e83de979e"},"labels":{"alertname":"Held"},"told":{"bd84f7a5617dd944-1a2179c4562":"firing"},"flushed_at":"2026-11-26T11:27:27.084118Z"}');
INSERT INTO "ledgers" VALUES('hook','hook:d1d4e1bff99a881d','{"group":{"receiver":"hook","key":"hook:d1d4e1bff99a881d"},"labels":{"alertname":"Poor"},"told":{"4a476b9f29c7beca-1a2179c4562":"firing"},"flushed_at":"2026-11-26T11:27:27.084118Z"}');
INSERT INTO "ledgers" VALUES('hook','hook:cec00718ecb16261','{"group":{"receiver":"hook","key":"hook:cec00718ecb16261"},"labels":{"alertname":"Stopped"},"told":{},"flushed_at":"2026-11-26T11:27:30.107813Z"}');
CREATE TABLE meta (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);
INSERT INTO "meta" VALUES('written_by','0.1.0');
CREATE TABLE outbox (
    id               TEXT NOT NULL PRIMARY KEY,
    receiver         TEXT NOT NULL,
    group_key        TEXT NOT NULL,
    sequence         INTEGER NOT NULL,
    state            TEXT NOT NULL,
    head             INTEGER NOT NULL DEFAULT 0,
    attempts         INTEGER NOT NULL,
    created_at       REAL NOT NULL,
    first_attempt_at REAL,
    next_attempt_at  REAL NOT NULL,
    claimed_until    REAL,
    finished_at      REAL,
    last_error       TEXT,
    reason           TEXT NOT NULL,
    notification     TEXT NOT NULL
);
INSERT INTO "outbox" VALUES('msg_3ac5654240fa4709b8973bc1108436de','hook','hook:da1bff4af177b504',1,'delivered',0,1,1.7956924470841178894e+09,1.79569244708698797221e+09,1.79569247708698797229e+09,NULL,1.79569244709171509741e+09,NULL,'firing','{"id":"msg_3ac5654240fa4709b8973bc1108436de","receiver":"hook","group_key":"hook:da1bff4af177b504","group_labels":{"alertname":"Sending"},"reason":"firing","alerts":[{"id":"75158bef4b03075e-1a2179c4562","fingerprint":"75158bef4b03075e","status":"firing","labels":{"alertname":"Sending","account":"default","campaign_id":"5006","sender":"PharmaOne","message_type":"sms","severity":"warning"},"annotations":{"summary":"Vaccination week is being sent"},"active_since":"2026-11-26T11:27:27.074295Z","starts_at":"2026-11-26T11:27:27.074295Z","ends_at":null,"resolve_reason":null,"event_id":null,"changed":true,"campaign":{"account":"default","id":5006,"name":"Vaccination week","sender":"PharmaOne","status":"sending","message_type":"sms","created_at":1795692444.0,"start_at":1795692444.0,"real_start_at":1795692444.0,"finished_at":null,"sent":61,"delivered":5,"fallback_sent":null,"fallback_delivered":null,"calculated_price":0.0,"currency":null}},{"id":"89e0f6d82b31a2e5-1a2179c4562","fingerprint":"89e0f6d82b31a2e5","status":"firing","labels":{"alertname":"Sending","account":"default","campaign_id":"5004","sender":"AutoPlus","message_type":"sms","severity":"warning"},"annotations":{"summary":"Price drop is being sent"},"active_since":"2026-11-26T11:27:27.074295Z","starts_at":"2026-11-26T11:27:27.074295Z","ends_at":null,"resolve_reason":null,"event_id":null,"changed":true,"campaign":{"account":"default","id":5004,"name":"Price drop","sender":"AutoPlus","status":"sending","message_type":"sms","created_at":1795692444.0,"start_at":1795692444.0,"real_start_at":1795692444.0,"finished_at":null,"sent":61,"delivered":5,"fallback_sent":null,"fallback_delivered":null,"calculated_price":0.0,"currency":null}}],"created_at":"2026-11-26T11:27:27.084118Z","part":1,"parts":1}');
INSERT INTO "outbox" VALUES('msg_763ef1a475734c2e957ba42d33ac07bb','hook','hook:abdda92e83de979e',2,'delivered',0,1,1.7956924470841178894e+09,1.79569244708698797221e+09,1.79569247708698797229e+09,NULL,1.79569244709245395656e+09,NULL,'firing','{"id":"msg_763ef1a475734c2e957ba42d33ac07bb","receiver":"hook","group_key":"hook:abdda92e83de979e","group_labels":{"alertname":"Held"},"reason":"firing","alerts":[{"id":"bd84f7a5617dd944-1a2179c4562","fingerprint":"bd84f7a5617dd944","status":"firing","labels":{"alertname":"Held","account":"default","campaign_id":"5003","sender":"UrbanWear","message_type":"sms","severity":"critical"},"annotations":{"summary":"Spring sale ☀ is held"},"active_since":"2026-11-26T11:27:27.074295Z","starts_at":"2026-11-26T11:27:27.074295Z","ends_at":null,"resolve_reason":null,"event_id":null,"changed":true,"campaign":{"account":"default","id":5003,"name":"Spring sale ☀","sender":"UrbanWear","status":"spam","message_type":"sms","created_at":1795692444.0,"start_at":1795692444.0,"real_start_at":null,"finished_at":null,"sent":0,"delivered":0,"fallback_sent":null,"fallback_delivered":null,"calculated_price":0.0,"currency":null}}],"created_at":"2026-11-26T11:27:27.084118Z","part":1,"parts":1}');
INSERT INTO "outbox" VALUES('msg_6b02d602b384487784a9bbd183db346c','hook','hook:d1d4e1bff99a881d',3,'pending',1,2,1.7956924470841178894e+09,1.79569244708698797221e+09,1.79569247973002600669e+09,NULL,NULL,'HTTP 503 Service Unavailable','firing','{"id":"msg_6b02d602b384487784a9bbd183db346c","receiver":"hook","group_key":"hook:d1d4e1bff99a881d","group_labels":{"alertname":"Poor"},"reason":"firing","alerts":[{"id":"4a476b9f29c7beca-1a2179c4562","fingerprint":"4a476b9f29c7beca","status":"firing","labels":{"alertname":"Poor","account":"default","severity":"warning"},"annotations":{"summary":"little is left"},"active_since":"2026-11-26T11:27:27.074295Z","starts_at":"2026-11-26T11:27:27.074295Z","ends_at":null,"resolve_reason":null,"event_id":null,"changed":true,"campaign":null}],"created_at":"2026-11-26T11:27:27.084118Z","part":1,"parts":1}');
INSERT INTO "outbox" VALUES('msg_f9925c6f8ad24a5484118118612816c6','hook','hook:da1bff4af177b504',4,'delivered',0,1,1.79569244906122493744e+09,1.79569244906253409387e+09,1.79569247906253409382e+09,NULL,1795692449.06499,NULL,'resolved','{"id":"msg_f9925c6f8ad24a5484118118612816c6","receiver":"hook","group_key":"hook:da1bff4af177b504","group_labels":{"alertname":"Sending"},"reason":"resolved","alerts":[{"id":"75158bef4b03075e-1a2179c4562","fingerprint":"75158bef4b03075e","status":"resolved","labels":{"alertname":"Sending","account":"default","campaign_id":"5006","sender":"PharmaOne","message_type":"sms","severity":"warning"},"annotations":{"summary":"Vaccination week is being sent"},"active_since":"2026-11-26T11:27:27.074295Z","starts_at":"2026-11-26T11:27:27.074295Z","ends_at":"2026-11-26T11:27:29.055579Z","resolve_reason":"condition","event_id":null,"changed":true,"campaign":{"account":"default","id":5006,"name":"Vaccination week","sender":"PharmaOne","status":"paused","message_type":"sms","created_at":1795692444.0,"start_at":1795692444.0,"real_start_at":1795692444.0,"finished_at":null,"sent":100,"delivered":14,"fallback_sent":null,"fallback_delivered":null,"calculated_price":0.0,"currency":null}},{"id":"89e0f6d82b31a2e5-1a2179c4562","fingerprint":"89e0f6d82b31a2e5","status":"firing","labels":{"alertname":"Sending","account":"default","campaign_id":"5004","sender":"AutoPlus","message_type":"sms","severity":"warning"},"annotations":{"summary":"Price drop is being sent"},"active_since":"2026-11-26T11:27:27.074295Z","starts_at":"2026-11-26T11:27:27.074295Z","ends_at":null,"resolve_reason":null,"event_id":null,"changed":false,"campaign":{"account":"default","id":5004,"name":"Price drop","sender":"AutoPlus","status":"sending","message_type":"sms","created_at":1795692444.0,"start_at":1795692444.0,"real_start_at":1795692444.0,"finished_at":null,"sent":101,"delivered":14,"fallback_sent":null,"fallback_delivered":null,"calculated_price":0.0,"currency":null}}],"created_at":"2026-11-26T11:27:29.061225Z","part":1,"parts":1}');
INSERT INTO "outbox" VALUES('msg_9a0c5e8c6324489c9ff7eea6518fd87a','hook','hook:da1bff4af177b504',5,'delivered',0,1,1.79569245010781288144e+09,1.79569245010906410218e+09,1.79569248010906410218e+09,NULL,1.79569245011184906962e+09,NULL,'resolved','{"id":"msg_9a0c5e8c6324489c9ff7eea6518fd87a","receiver":"hook","group_key":"hook:da1bff4af177b504","group_labels":{"alertname":"Sending"},"reason":"resolved","alerts":[{"id":"89e0f6d82b31a2e5-1a2179c4562","fingerprint":"89e0f6d82b31a2e5","status":"resolved","labels":{"alertname":"Sending","account":"default","campaign_id":"5004","sender":"AutoPlus","message_type":"sms","severity":"warning"},"annotations":{"summary":"Price drop is being sent"},"active_since":"2026-11-26T11:27:27.074295Z","starts_at":"2026-11-26T11:27:27.074295Z","ends_at":"2026-11-26T11:27:30.102962Z","resolve_reason":"condition","event_id":null,"changed":true,"campaign":{"account":"default","id":5004,"name":"Price drop","sender":"AutoPlus","status":"stopped","message_type":"sms","created_at":1795692444.0,"start_at":1795692444.0,"real_start_at":1795692444.0,"finished_at":1795692450.0,"sent":120,"delivered":21,"fallback_sent":null,"fallback_delivered":null,"calculated_price":0.0,"currency":null}}],"created_at":"2026-11-26T11:27:30.107813Z","part":1,"parts":1}');
INSERT INTO "outbox" VALUES('msg_f33590cfb7a043268f751df3a064bbff','hook','hook:cec00718ecb16261',6,'dead',0,1,1.79569245010781288144e+09,1.79569245010906410218e+09,1.79569248010906410218e+09,NULL,1.7956924501119470596e+09,'HTTP 410 Gone','event','{"id":"msg_f33590cfb7a043268f751df3a064bbff","receiver":"hook","group_key":"hook:cec00718ecb16261","group_labels":{"alertname":"Stopped"},"reason":"event","alerts":[{"id":"5de571509eaa7b1f-19be95f1ff31134ba090","fingerprint":"5de571509eaa7b1f","status":"firing","labels":{"alertname":"Stopped","account":"default","campaign_id":"5004","sender":"AutoPlus","message_type":"sms","severity":"warning"},"annotations":{"summary":"Price drop was stopped"},"active_since":"2026-11-26T11:27:30.102962Z","starts_at":"2026-11-26T11:27:30.102962Z","ends_at":"2026-11-26T11:27:30.102962Z","resolve_reason":null,"event_id":"19be95f1ff31134ba090","changed":true,"campaign":{"account":"default","id":5004,"name":"Price drop","sender":"AutoPlus","status":"stopped","message_type":"sms","created_at":1795692444.0,"start_at":1795692444.0,"real_start_at":1795692444.0,"finished_at":1795692450.0,"sent":120,"delivered":21,"fallback_sent":null,"fallback_delivered":null,"calculated_price":0.0,"currency":null}}],"created_at":"2026-11-26T11:27:30.107813Z","part":1,"parts":1}');
CREATE TABLE receiver_memory (
    receiver TEXT NOT NULL,
    key      TEXT NOT NULL,
    value    TEXT NOT NULL,
    at       REAL NOT NULL,
    PRIMARY KEY (receiver, key)
);
CREATE INDEX events_at ON events (at);
CREATE INDEX events_campaign ON events (campaign_id, at);
CREATE INDEX alerts_open ON alerts (id) WHERE closed = 0;
CREATE INDEX alerts_ended ON alerts (resolved_at, id) WHERE resolved_at IS NOT NULL;
CREATE INDEX outbox_sequence ON outbox (sequence);
CREATE INDEX outbox_state ON outbox (receiver, state, sequence, created_at);
CREATE INDEX outbox_due ON outbox (receiver, head, next_attempt_at, sequence) WHERE state = 'pending';
CREATE INDEX outbox_group ON outbox (receiver, group_key, sequence) WHERE state = 'pending';
CREATE INDEX outbox_finished ON outbox (finished_at) WHERE finished_at IS NOT NULL;
CREATE INDEX receiver_memory_at ON receiver_memory (at);
COMMIT;
