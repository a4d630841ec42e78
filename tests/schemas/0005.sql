PRAGMA application_id = 1112753997;
PRAGMA user_version = 5;
BEGIN TRANSACTION;
CREATE TABLE acknowledgements (
    alert_id TEXT NOT NULL PRIMARY KEY,
    author   TEXT NOT NULL,
    comment  TEXT NOT NULL,
    at       REAL NOT NULL
);
INSERT INTO "acknowledgements" VALUES('bd84f7a5617dd944-1a2179cbff0','ann','asked BSG',1.7956924829310319424e+09);
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
INSERT INTO "alerts" VALUES('bd84f7a5617dd944-1a2179cbff0','firing','Held','default','5003',1.79569247844842791559e+09,NULL,0,'{"id":"bd84f7a5617dd944-1a2179cbff0","fingerprint":"bd84f7a5617dd944","key":{"rule":"Held","account":"default","subject":"5003"},"state":"firing","labels":{"alertname":"Held","account":"default","campaign_id":"5003","sender":"UrbanWear","message_type":"sms","severity":"critical"},"annotations":{"summary":"Spring sale ☀ is held"},"active_since":"2026-11-26T11:27:58.448428Z","inactive_since":null,"fired_at":"2026-11-26T11:27:58.448428Z","resolved_at":null,"described_at":"2026-11-26T11:27:58.448428Z","resolve_reason":null,"event_id":null,"campaign":{"account":"default","id":5003,"name":"Spring sale ☀","sender":"UrbanWear","status":"spam","message_type":"sms","created_at":1795692475.0,"start_at":1795692475.0,"real_start_at":null,"finished_at":null,"sent":0,"delivered":0,"fallback_sent":null,"fallback_delivered":null,"calculated_price":0.0,"currency":null}}');
INSERT INTO "alerts" VALUES('89e0f6d82b31a2e5-1a2179cbff0','resolved','Sending','default','5004',1.79569247844842791559e+09,1.79569248143276309964e+09,1,'{"id":"89e0f6d82b31a2e5-1a2179cbff0","fingerprint":"89e0f6d82b31a2e5","key":{"rule":"Sending","account":"default","subject":"5004"},"state":"resolved","labels":{"alertname":"Sending","account":"default","campaign_id":"5004","sender":"AutoPlus","message_type":"sms","severity":"warning"},"annotations":{"summary":"Price drop is being sent"},"active_since":"2026-11-26T11:27:58.448428Z","inactive_since":"2026-11-26T11:28:01.432763Z","fired_at":"2026-11-26T11:27:58.448428Z","resolved_at":"2026-11-26T11:28:01.432763Z","described_at":"2026-11-26T11:28:00.463191Z","resolve_reason":"condition","event_id":null,"campaign":{"account":"default","id":5004,"name":"Price drop","sender":"AutoPlus","status":"stopped","message_type":"sms","created_at":1795692475.0,"start_at":1795692475.0,"real_start_at":1795692475.0,"finished_at":1795692481.0,"sent":120,"delivered":23,"fallback_sent":null,"fallback_delivered":null,"calculated_price":0.0,"currency":null}}');
INSERT INTO "alerts" VALUES('75158bef4b03075e-1a2179cbff0','resolved','Sending','default','5006',1.79569247844842791559e+09,1.79569248046319103247e+09,1,'{"id":"75158bef4b03075e-1a2179cbff0","fingerprint":"75158bef4b03075e","key":{"rule":"Sending","account":"default","subject":"5006"},"state":"resolved","labels":{"alertname":"Sending","account":"default","campaign_id":"5006","sender":"PharmaOne","message_type":"sms","severity":"warning"},"annotations":{"summary":"Vaccination week is being sent"},"active_since":"2026-11-26T11:27:58.448428Z","inactive_since":"2026-11-26T11:28:00.463191Z","fired_at":"2026-11-26T11:27:58.448428Z","resolved_at":"2026-11-26T11:28:00.463191Z","described_at":"2026-11-26T11:27:59.444481Z","resolve_reason":"condition","event_id":null,"campaign":{"account":"default","id":5006,"name":"Vaccination week","sender":"PharmaOne","status":"paused","message_type":"sms","created_at":1795692475.0,"start_at":1795692475.0,"real_start_at":1795692475.0,"finished_at":null,"sent":100,"delivered":16,"fallback_sent":null,"fallback_delivered":null,"calculated_price":0.0,"currency":null}}');
INSERT INTO "alerts" VALUES('4a476b9f29c7beca-1a2179cbff0','firing','Poor','default','',1.79569247844842791559e+09,NULL,0,'{"id":"4a476b9f29c7beca-1a2179cbff0","fingerprint":"4a476b9f29c7beca","key":{"rule":"Poor","account":"default","subject":""},"state":"firing","labels":{"alertname":"Poor","account":"default","severity":"warning"},"annotations":{"summary":"little is left"},"active_since":"2026-11-26T11:27:58.448428Z","inactive_since":null,"fired_at":"2026-11-26T11:27:58.448428Z","resolved_at":null,"described_at":"2026-11-26T11:27:58.448428Z","resolve_reason":null,"event_id":null,"campaign":null}');
INSERT INTO "alerts" VALUES('3f9efdb5de4f3ce3-1a2179cc7cf','pending','Paused','default','5006',NULL,NULL,0,'{"id":"3f9efdb5de4f3ce3-1a2179cc7cf","fingerprint":"3f9efdb5de4f3ce3","key":{"rule":"Paused","account":"default","subject":"5006"},"state":"pending","labels":{"alertname":"Paused","account":"default","campaign_id":"5006","sender":"PharmaOne","message_type":"sms","severity":"warning"},"annotations":{},"active_since":"2026-11-26T11:28:00.463191Z","inactive_since":null,"fired_at":null,"resolved_at":null,"described_at":null,"resolve_reason":null,"event_id":null,"campaign":{"account":"default","id":5006,"name":"Vaccination week","sender":"PharmaOne","status":"paused","message_type":"sms","created_at":1795692475.0,"start_at":1795692475.0,"real_start_at":1795692475.0,"finished_at":null,"sent":100,"delivered":16,"fallback_sent":null,"fallback_delivered":null,"calculated_price":0.0,"currency":null}}');
INSERT INTO "alerts" VALUES('5de571509eaa7b1f-cbb3a6ffc7df64c7ecc7','firing','Stopped','default','5004',1.79569248143276309964e+09,1.79569248143276309964e+09,1,'{"id":"5de571509eaa7b1f-cbb3a6ffc7df64c7ecc7","fingerprint":"5de571509eaa7b1f","key":{"rule":"Stopped","account":"default","subject":"5004"},"state":"firing","labels":{"alertname":"Stopped","account":"default","campaign_id":"5004","sender":"AutoPlus","message_type":"sms","severity":"warning"},"annotations":{"summary":"Price drop was stopped"},"active_since":"2026-11-26T11:28:01.432763Z","inactive_since":null,"fired_at":"2026-11-26T11:28:01.432763Z","resolved_at":"2026-11-26T11:28:01.432763Z","described_at":null,"resolve_reason":null,"event_id":"cbb3a6ffc7df64c7ecc7","campaign":{"account":"default","id":5004,"name":"Price drop","sender":"AutoPlus","status":"stopped","message_type":"sms","created_at":1795692475.0,"start_at":1795692475.0,"real_start_at":1795692475.0,"finished_at":1795692481.0,"sent":120,"delivered":23,"fallback_sent":null,"fallback_delivered":null,"calculated_price":0.0,"currency":null}}');
CREATE TABLE balances (
    account  TEXT NOT NULL PRIMARY KEY,
    balance  REAL NOT NULL,
    credit   REAL NOT NULL,
    currency TEXT,
    read_at  REAL NOT NULL
);
INSERT INTO "balances" VALUES('default',120.0,25.0,'EUR',1.79569247844071698191e+09);
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
    revision           INTEGER NOT NULL, detail TEXT,
    PRIMARY KEY (account, id)
) WITHOUT ROWID;
INSERT INTO "campaigns" VALUES('default',5001,'Long ago','UrbanWear','done','sms',1795260475.0,1795260475.0,1795260475.0,1795260505.0,900,873,NULL,NULL,0.0,NULL,1.79569247843989300726e+09,1795260505.0,1.79569247843989300726e+09,1,0,NULL);
INSERT INTO "campaigns" VALUES('default',5002,'Carousel','TechHubAgent','done','rcs',1795685275.0,1795685275.0,1795685275.0,1795685280.0,5000,2949,1900,1804,0.0,NULL,1.79569247844064402586e+09,1795685280.0,1.79569247844064402586e+09,0,0,NULL);
INSERT INTO "campaigns" VALUES('default',5003,'Spring sale ☀','UrbanWear','spam','sms',1795692475.0,1795692475.0,NULL,NULL,0,0,NULL,NULL,0.0,NULL,1.79569247843989300726e+09,1795692475.0,1.79569247843989300726e+09,0,0,NULL);
INSERT INTO "campaigns" VALUES('default',5004,'Price drop','AutoPlus','stopped','sms',1795692475.0,1795692475.0,1795692475.0,1795692481.0,120,47,NULL,NULL,0.0,NULL,1.79569247843989300726e+09,1795692481.0,1.79569248143047308918e+09,0,8,NULL);
INSERT INTO "campaigns" VALUES('default',5005,'Short notice','CinemaX','done','sms',1795692475.0,1795692475.0,1795692475.0,1795692477.0,40,18,NULL,NULL,0.0,NULL,1.79569247843989300726e+09,1795692477.0,1.79569247843989300726e+09,0,8,NULL);
INSERT INTO "campaigns" VALUES('default',5006,'Vaccination week','PharmaOne','paused','sms',1795692475.0,1795692475.0,1795692475.0,NULL,100,41,NULL,NULL,0.0,NULL,1.79569247843989300726e+09,1.79569248046130800246e+09,1.79569248046130800246e+09,0,8,NULL);
CREATE TABLE events (
    sequence    INTEGER NOT NULL PRIMARY KEY,
    id          TEXT NOT NULL UNIQUE,
    kind        TEXT NOT NULL,
    account     TEXT NOT NULL,
    campaign_id INTEGER NOT NULL,
    at          REAL NOT NULL,
    event       TEXT NOT NULL
);
INSERT INTO "events" VALUES(1,'4ec1c33e92ad0fc6044a','status_changed','default',5006,1.79569248046130800246e+09,'{"id":"4ec1c33e92ad0fc6044a","kind":"status_changed","at":1795692480.461308,"campaign":{"account":"default","id":5006,"name":"Vaccination week","sender":"PharmaOne","status":"paused","message_type":"sms","created_at":1795692475.0,"start_at":1795692475.0,"real_start_at":1795692475.0,"finished_at":null,"sent":100,"delivered":16,"fallback_sent":null,"fallback_delivered":null,"calculated_price":0.0,"currency":null},"changes":[{"field":"status","old":"sending","new":"paused"}]}');
INSERT INTO "events" VALUES(2,'cbb3a6ffc7df64c7ecc7','status_changed','default',5004,1.79569248143047308918e+09,'{"id":"cbb3a6ffc7df64c7ecc7","kind":"status_changed","at":1795692481.430473,"campaign":{"account":"default","id":5004,"name":"Price drop","sender":"AutoPlus","status":"stopped","message_type":"sms","created_at":1795692475.0,"start_at":1795692475.0,"real_start_at":1795692475.0,"finished_at":1795692481.0,"sent":120,"delivered":23,"fallback_sent":null,"fallback_delivered":null,"calculated_price":0.0,"currency":null},"changes":[{"field":"status","old":"sending","new":"stopped"},{"field":"finished_at","old":null,"new":1795692481.0}]}');
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
INSERT INTO "feeds" VALUES('default','sms',1.79569247843989300726e+09,1.79569248635668611523e+09,1.79569247843989300726e+09,'ok',1,0,NULL);
INSERT INTO "feeds" VALUES('default','rcs',1.79569247844064402586e+09,1.79569248642150592807e+09,1.79569247844064402586e+09,'ok',1,0,NULL);
CREATE TABLE ledgers (
    receiver  TEXT NOT NULL,
    group_key TEXT NOT NULL,
    ledger    TEXT NOT NULL,
    PRIMARY KEY (receiver, group_key)
);
INSERT INTO "ledgers" VALUES('bot','bot:af3b9160d3be253b','{"group":{"receiver":"bot","key":"bot:af3b9160d3be253b"},"labels":{"alertname":"Held"},"told":{"bd84f7a5617dd944-1a2179cbff0":"firing"},"flushed_at":"2026-11-26T11:27:58.453257Z","changed_at":"2026-11-26T11:27:58.453257Z","path":"/{alertname=~\"Held|Sending\"}"}');
INSERT INTO "ledgers" VALUES('hook','hook:eec7e568629af728','{"group":{"receiver":"hook","key":"hook:eec7e568629af728"},"labels":{"alertname":"Held"},"told":{"bd84f7a5617dd944-1a2179cbff0":"firing"},"flushed_at":"2026-11-26T11:27:58.453257Z","changed_at":"2026-11-26T11:27:58.453257Z","path":"/{}"}');
INSERT INTO "ledgers" VALUES('hook','hook:b13eedf68c6647d3','{"group":{"receiver":"hook","key":"hook:b13eedf68c6647d3"},"labels":{"alertname":"Poor"},"told":{"4a476b9f29c7beca-1a2179cbff0":"firing"},"flushed_at":"2026-11-26T11:27:58.453257Z","changed_at":"2026-11-26T11:27:58.453257Z","path":"/{}"}');
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
INSERT INTO "outbox" VALUES('msg_462ba216ec0443ac8484d0fffa0bdc46','bot','bot:af3b9160d3be253b',1,'delivered',0,1,1.7956924784532570839e+09,1.79569247845611691476e+09,1.79569250845611691471e+09,NULL,1.79569247846089696885e+09,NULL,'firing','{"id":"msg_462ba216ec0443ac8484d0fffa0bdc46","receiver":"bot","group_key":"bot:af3b9160d3be253b","group_labels":{"alertname":"Held"},"reason":"firing","alerts":[{"id":"bd84f7a5617dd944-1a2179cbff0","fingerprint":"bd84f7a5617dd944","status":"firing","labels":{"alertname":"Held","account":"default","campaign_id":"5003","sender":"UrbanWear","message_type":"sms","severity":"critical"},"annotations":{"summary":"Spring sale ☀ is held"},"active_since":"2026-11-26T11:27:58.448428Z","starts_at":"2026-11-26T11:27:58.448428Z","ends_at":null,"resolve_reason":null,"event_id":null,"changed":true,"campaign":{"account":"default","id":5003,"name":"Spring sale ☀","sender":"UrbanWear","status":"spam","message_type":"sms","created_at":1795692475.0,"start_at":1795692475.0,"real_start_at":null,"finished_at":null,"sent":0,"delivered":0,"fallback_sent":null,"fallback_delivered":null,"calculated_price":0.0,"currency":null},"acknowledged_by":null,"acknowledged_at":null}],"created_at":"2026-11-26T11:27:58.453257Z","part":1,"parts":1,"omitted":0,"fallback_for":[]}');
INSERT INTO "outbox" VALUES('msg_19cf8199803f4999a912b78af40d3192','hook','hook:eec7e568629af728',2,'delivered',0,1,1.7956924784532570839e+09,1795692478.45616,1795692508.45616,NULL,1.79569247846080088616e+09,NULL,'firing','{"id":"msg_19cf8199803f4999a912b78af40d3192","receiver":"hook","group_key":"hook:eec7e568629af728","group_labels":{"alertname":"Held"},"reason":"firing","alerts":[{"id":"bd84f7a5617dd944-1a2179cbff0","fingerprint":"bd84f7a5617dd944","status":"firing","labels":{"alertname":"Held","account":"default","campaign_id":"5003","sender":"UrbanWear","message_type":"sms","severity":"critical"},"annotations":{"summary":"Spring sale ☀ is held"},"active_since":"2026-11-26T11:27:58.448428Z","starts_at":"2026-11-26T11:27:58.448428Z","ends_at":null,"resolve_reason":null,"event_id":null,"changed":true,"campaign":{"account":"default","id":5003,"name":"Spring sale ☀","sender":"UrbanWear","status":"spam","message_type":"sms","created_at":1795692475.0,"start_at":1795692475.0,"real_start_at":null,"finished_at":null,"sent":0,"delivered":0,"fallback_sent":null,"fallback_delivered":null,"calculated_price":0.0,"currency":null},"acknowledged_by":null,"acknowledged_at":null}],"created_at":"2026-11-26T11:27:58.453257Z","part":1,"parts":1,"omitted":0,"fallback_for":[]}');
INSERT INTO "outbox" VALUES('msg_a9607df367b14bac9951cea5837a6db0','hook','hook:073c6ef67dea175b',3,'delivered',0,1,1.7956924784532570839e+09,1795692478.45616,1795692508.45616,NULL,1.79569247846098089217e+09,NULL,'firing','{"id":"msg_a9607df367b14bac9951cea5837a6db0","receiver":"hook","group_key":"hook:073c6ef67dea175b","group_labels":{"alertname":"Sending"},"reason":"firing","alerts":[{"id":"75158bef4b03075e-1a2179cbff0","fingerprint":"75158bef4b03075e","status":"firing","labels":{"alertname":"Sending","account":"default","campaign_id":"5006","sender":"PharmaOne","message_type":"sms","severity":"warning"},"annotations":{"summary":"Vaccination week is being sent"},"active_since":"2026-11-26T11:27:58.448428Z","starts_at":"2026-11-26T11:27:58.448428Z","ends_at":null,"resolve_reason":null,"event_id":null,"changed":true,"campaign":{"account":"default","id":5006,"name":"Vaccination week","sender":"PharmaOne","status":"sending","message_type":"sms","created_at":1795692475.0,"start_at":1795692475.0,"real_start_at":1795692475.0,"finished_at":null,"sent":68,"delivered":7,"fallback_sent":null,"fallback_delivered":null,"calculated_price":0.0,"currency":null},"acknowledged_by":null,"acknowledged_at":null},{"id":"89e0f6d82b31a2e5-1a2179cbff0","fingerprint":"89e0f6d82b31a2e5","status":"firing","labels":{"alertname":"Sending","account":"default","campaign_id":"5004","sender":"AutoPlus","message_type":"sms","severity":"warning"},"annotations":{"summary":"Price drop is being sent"},"active_since":"2026-11-26T11:27:58.448428Z","starts_at":"2026-11-26T11:27:58.448428Z","ends_at":null,"resolve_reason":null,"event_id":null,"changed":true,"campaign":{"account":"default","id":5004,"name":"Price drop","sender":"AutoPlus","status":"sending","message_type":"sms","created_at":1795692475.0,"start_at":1795692475.0,"real_start_at":1795692475.0,"finished_at":null,"sent":68,"delivered":7,"fallback_sent":null,"fallback_delivered":null,"calculated_price":0.0,"currency":null},"acknowledged_by":null,"acknowledged_at":null}],"created_at":"2026-11-26T11:27:58.453257Z","part":1,"parts":1,"omitted":0,"fallback_for":[]}');
INSERT INTO "outbox" VALUES('msg_36bb3062deb14809be191d49530cd62d','bot','bot:8250d410cf308469',4,'delivered',0,1,1.7956924784532570839e+09,1.79569247945710802074e+09,1.79569250945710802078e+09,NULL,1.79569247946203088767e+09,NULL,'firing','{"id":"msg_36bb3062deb14809be191d49530cd62d","receiver":"bot","group_key":"bot:8250d410cf308469","group_labels":{"alertname":"Sending"},"reason":"firing","alerts":[{"id":"75158bef4b03075e-1a2179cbff0","fingerprint":"75158bef4b03075e","status":"firing","labels":{"alertname":"Sending","account":"default","campaign_id":"5006","sender":"PharmaOne","message_type":"sms","severity":"warning"},"annotations":{"summary":"Vaccination week is being sent"},"active_since":"2026-11-26T11:27:58.448428Z","starts_at":"2026-11-26T11:27:58.448428Z","ends_at":null,"resolve_reason":null,"event_id":null,"changed":true,"campaign":{"account":"default","id":5006,"name":"Vaccination week","sender":"PharmaOne","status":"sending","message_type":"sms","created_at":1795692475.0,"start_at":1795692475.0,"real_start_at":1795692475.0,"finished_at":null,"sent":68,"delivered":7,"fallback_sent":null,"fallback_delivered":null,"calculated_price":0.0,"currency":null},"acknowledged_by":null,"acknowledged_at":null},{"id":"89e0f6d82b31a2e5-1a2179cbff0","fingerprint":"89e0f6d82b31a2e5","status":"firing","labels":{"alertname":"Sending","account":"default","campaign_id":"5004","sender":"AutoPlus","message_type":"sms","severity":"warning"},"annotations":{"summary":"Price drop is being sent"},"active_since":"2026-11-26T11:27:58.448428Z","starts_at":"2026-11-26T11:27:58.448428Z","ends_at":null,"resolve_reason":null,"event_id":null,"changed":true,"campaign":{"account":"default","id":5004,"name":"Price drop","sender":"AutoPlus","status":"sending","message_type":"sms","created_at":1795692475.0,"start_at":1795692475.0,"real_start_at":1795692475.0,"finished_at":null,"sent":68,"delivered":7,"fallback_sent":null,"fallback_delivered":null,"calculated_price":0.0,"currency":null},"acknowledged_by":null,"acknowledged_at":null}],"created_at":"2026-11-26T11:27:58.453257Z","part":1,"parts":1,"omitted":0,"fallback_for":[]}');
INSERT INTO "outbox" VALUES('msg_81e2edf429144e3fa970343d7b6c53b3','hook','hook:b13eedf68c6647d3',5,'pending',1,2,1.7956924784532570839e+09,1795692478.45616,1.79569251358551192285e+09,NULL,NULL,'HTTP 503 Service Unavailable','firing','{"id":"msg_81e2edf429144e3fa970343d7b6c53b3","receiver":"hook","group_key":"hook:b13eedf68c6647d3","group_labels":{"alertname":"Poor"},"reason":"firing","alerts":[{"id":"4a476b9f29c7beca-1a2179cbff0","fingerprint":"4a476b9f29c7beca","status":"firing","labels":{"alertname":"Poor","account":"default","severity":"warning"},"annotations":{"summary":"little is left"},"active_since":"2026-11-26T11:27:58.448428Z","starts_at":"2026-11-26T11:27:58.448428Z","ends_at":null,"resolve_reason":null,"event_id":null,"changed":true,"campaign":null,"acknowledged_by":null,"acknowledged_at":null}],"created_at":"2026-11-26T11:27:58.453257Z","part":1,"parts":1,"omitted":0,"fallback_for":[]}');
INSERT INTO "outbox" VALUES('msg_d584e5d782fb4a96b2c174a4d33308d8','hook','hook:073c6ef67dea175b',6,'delivered',0,1,1.7956924804653949738e+09,1.79569248046649694444e+09,1.79569251046649694444e+09,NULL,1.79569248047124505043e+09,NULL,'resolved','{"id":"msg_d584e5d782fb4a96b2c174a4d33308d8","receiver":"hook","group_key":"hook:073c6ef67dea175b","group_labels":{"alertname":"Sending"},"reason":"resolved","alerts":[{"id":"75158bef4b03075e-1a2179cbff0","fingerprint":"75158bef4b03075e","status":"resolved","labels":{"alertname":"Sending","account":"default","campaign_id":"5006","sender":"PharmaOne","message_type":"sms","severity":"warning"},"annotations":{"summary":"Vaccination week is being sent"},"active_since":"2026-11-26T11:27:58.448428Z","starts_at":"2026-11-26T11:27:58.448428Z","ends_at":"2026-11-26T11:28:00.463191Z","resolve_reason":"condition","event_id":null,"changed":true,"campaign":{"account":"default","id":5006,"name":"Vaccination week","sender":"PharmaOne","status":"paused","message_type":"sms","created_at":1795692475.0,"start_at":1795692475.0,"real_start_at":1795692475.0,"finished_at":null,"sent":100,"delivered":16,"fallback_sent":null,"fallback_delivered":null,"calculated_price":0.0,"currency":null},"acknowledged_by":null,"acknowledged_at":null},{"id":"89e0f6d82b31a2e5-1a2179cbff0","fingerprint":"89e0f6d82b31a2e5","status":"firing","labels":{"alertname":"Sending","account":"default","campaign_id":"5004","sender":"AutoPlus","message_type":"sms","severity":"warning"},"annotations":{"summary":"Price drop is being sent"},"active_since":"2026-11-26T11:27:58.448428Z","starts_at":"2026-11-26T11:27:58.448428Z","ends_at":null,"resolve_reason":null,"event_id":null,"changed":false,"campaign":{"account":"default","id":5004,"name":"Price drop","sender":"AutoPlus","status":"sending","message_type":"sms","created_at":1795692475.0,"start_at":1795692475.0,"real_start_at":1795692475.0,"finished_at":null,"sent":109,"delivered":17,"fallback_sent":null,"fallback_delivered":null,"calculated_price":0.0,"currency":null},"acknowledged_by":null,"acknowledged_at":null}],"created_at":"2026-11-26T11:28:00.465395Z","part":1,"parts":1,"omitted":0,"fallback_for":[]}');
INSERT INTO "outbox" VALUES('msg_8a045ff0ac4c402dbdb15c16ad2eb09a','bot','bot:8250d410cf308469',7,'delivered',0,1,1.7956924804653949738e+09,1.795692480466438055e+09,1.79569251046643805504e+09,NULL,1.79569248047201204298e+09,NULL,'resolved','{"id":"msg_8a045ff0ac4c402dbdb15c16ad2eb09a","receiver":"bot","group_key":"bot:8250d410cf308469","group_labels":{"alertname":"Sending"},"reason":"resolved","alerts":[{"id":"75158bef4b03075e-1a2179cbff0","fingerprint":"75158bef4b03075e","status":"resolved","labels":{"alertname":"Sending","account":"default","campaign_id":"5006","sender":"PharmaOne","message_type":"sms","severity":"warning"},"annotations":{"summary":"Vaccination week is being sent"},"active_since":"2026-11-26T11:27:58.448428Z","starts_at":"2026-11-26T11:27:58.448428Z","ends_at":"2026-11-26T11:28:00.463191Z","resolve_reason":"condition","event_id":null,"changed":true,"campaign":{"account":"default","id":5006,"name":"Vaccination week","sender":"PharmaOne","status":"paused","message_type":"sms","created_at":1795692475.0,"start_at":1795692475.0,"real_start_at":1795692475.0,"finished_at":null,"sent":100,"delivered":16,"fallback_sent":null,"fallback_delivered":null,"calculated_price":0.0,"currency":null},"acknowledged_by":null,"acknowledged_at":null},{"id":"89e0f6d82b31a2e5-1a2179cbff0","fingerprint":"89e0f6d82b31a2e5","status":"firing","labels":{"alertname":"Sending","account":"default","campaign_id":"5004","sender":"AutoPlus","message_type":"sms","severity":"warning"},"annotations":{"summary":"Price drop is being sent"},"active_since":"2026-11-26T11:27:58.448428Z","starts_at":"2026-11-26T11:27:58.448428Z","ends_at":null,"resolve_reason":null,"event_id":null,"changed":false,"campaign":{"account":"default","id":5004,"name":"Price drop","sender":"AutoPlus","status":"sending","message_type":"sms","created_at":1795692475.0,"start_at":1795692475.0,"real_start_at":1795692475.0,"finished_at":null,"sent":109,"delivered":17,"fallback_sent":null,"fallback_delivered":null,"calculated_price":0.0,"currency":null},"acknowledged_by":null,"acknowledged_at":null}],"created_at":"2026-11-26T11:28:00.465395Z","part":1,"parts":1,"omitted":0,"fallback_for":[]}');
INSERT INTO "outbox" VALUES('msg_181155b697514e0583162e19d9033734','hook','hook:a86792bf18350ce6',8,'dead',0,1,1.79569248143681693078e+09,1.79569248143782901768e+09,1.79569251143782901763e+09,NULL,1.79569248143935894968e+09,'HTTP 410 Gone','event','{"id":"msg_181155b697514e0583162e19d9033734","receiver":"hook","group_key":"hook:a86792bf18350ce6","group_labels":{"alertname":"Stopped"},"reason":"event","alerts":[{"id":"5de571509eaa7b1f-cbb3a6ffc7df64c7ecc7","fingerprint":"5de571509eaa7b1f","status":"firing","labels":{"alertname":"Stopped","account":"default","campaign_id":"5004","sender":"AutoPlus","message_type":"sms","severity":"warning"},"annotations":{"summary":"Price drop was stopped"},"active_since":"2026-11-26T11:28:01.432763Z","starts_at":"2026-11-26T11:28:01.432763Z","ends_at":"2026-11-26T11:28:01.432763Z","resolve_reason":null,"event_id":"cbb3a6ffc7df64c7ecc7","changed":true,"campaign":{"account":"default","id":5004,"name":"Price drop","sender":"AutoPlus","status":"stopped","message_type":"sms","created_at":1795692475.0,"start_at":1795692475.0,"real_start_at":1795692475.0,"finished_at":1795692481.0,"sent":120,"delivered":23,"fallback_sent":null,"fallback_delivered":null,"calculated_price":0.0,"currency":null},"acknowledged_by":null,"acknowledged_at":null}],"created_at":"2026-11-26T11:28:01.436817Z","part":1,"parts":1,"omitted":0,"fallback_for":[]}');
INSERT INTO "outbox" VALUES('msg_c8c60dad03194cae8112610d3c11ece5','hook','hook:073c6ef67dea175b',9,'delivered',0,1,1.79569248146632289885e+09,1.79569248147315311432e+09,1.79569251147315311432e+09,NULL,1.79569248148525691033e+09,NULL,'resolved','{"id":"msg_c8c60dad03194cae8112610d3c11ece5","receiver":"hook","group_key":"hook:073c6ef67dea175b","group_labels":{"alertname":"Sending"},"reason":"resolved","alerts":[{"id":"89e0f6d82b31a2e5-1a2179cbff0","fingerprint":"89e0f6d82b31a2e5","status":"resolved","labels":{"alertname":"Sending","account":"default","campaign_id":"5004","sender":"AutoPlus","message_type":"sms","severity":"warning"},"annotations":{"summary":"Price drop is being sent"},"active_since":"2026-11-26T11:27:58.448428Z","starts_at":"2026-11-26T11:27:58.448428Z","ends_at":"2026-11-26T11:28:01.432763Z","resolve_reason":"condition","event_id":null,"changed":true,"campaign":{"account":"default","id":5004,"name":"Price drop","sender":"AutoPlus","status":"stopped","message_type":"sms","created_at":1795692475.0,"start_at":1795692475.0,"real_start_at":1795692475.0,"finished_at":1795692481.0,"sent":120,"delivered":23,"fallback_sent":null,"fallback_delivered":null,"calculated_price":0.0,"currency":null},"acknowledged_by":null,"acknowledged_at":null}],"created_at":"2026-11-26T11:28:01.466323Z","part":1,"parts":1,"omitted":0,"fallback_for":[]}');
INSERT INTO "outbox" VALUES('msg_c84632461c564ee69e08c4fa86d515f7','bot','bot:8250d410cf308469',10,'delivered',0,1,1.79569248146632289885e+09,1795692481.46923,1795692511.46923,NULL,1.79569248149721288681e+09,NULL,'resolved','{"id":"msg_c84632461c564ee69e08c4fa86d515f7","receiver":"bot","group_key":"bot:8250d410cf308469","group_labels":{"alertname":"Sending"},"reason":"resolved","alerts":[{"id":"89e0f6d82b31a2e5-1a2179cbff0","fingerprint":"89e0f6d82b31a2e5","status":"resolved","labels":{"alertname":"Sending","account":"default","campaign_id":"5004","sender":"AutoPlus","message_type":"sms","severity":"warning"},"annotations":{"summary":"Price drop is being sent"},"active_since":"2026-11-26T11:27:58.448428Z","starts_at":"2026-11-26T11:27:58.448428Z","ends_at":"2026-11-26T11:28:01.432763Z","resolve_reason":"condition","event_id":null,"changed":true,"campaign":{"account":"default","id":5004,"name":"Price drop","sender":"AutoPlus","status":"stopped","message_type":"sms","created_at":1795692475.0,"start_at":1795692475.0,"real_start_at":1795692475.0,"finished_at":1795692481.0,"sent":120,"delivered":23,"fallback_sent":null,"fallback_delivered":null,"calculated_price":0.0,"currency":null},"acknowledged_by":null,"acknowledged_at":null}],"created_at":"2026-11-26T11:28:01.466323Z","part":1,"parts":1,"omitted":0,"fallback_for":[]}');
CREATE TABLE receiver_memory (
    receiver TEXT NOT NULL,
    key      TEXT NOT NULL,
    value    TEXT NOT NULL,
    at       REAL NOT NULL,
    PRIMARY KEY (receiver, key)
);
INSERT INTO "receiver_memory" VALUES('bot','bot:af3b9160d3be253b','{"target":"C1","channel":"C1","ts":"1772440000.000100","open":true,"last":"msg_462ba216ec0443ac8484d0fffa0bdc46","decided":"2026-11-26T11:27:58.453257Z","opening":"<!date^1795692478^{date_short_pretty} {time}|2026-11-26 11:27 UTC>\n🔴 CRITICAL · 1 firing · Spring sale ☀ is held"}',1.79569247846030092237e+09);
INSERT INTO "receiver_memory" VALUES('bot','bot:8250d410cf308469','{"target":"C1","channel":"C1","ts":"1772440000.000100","open":false,"last":"msg_c84632461c564ee69e08c4fa86d515f7","decided":"2026-11-26T11:28:01.466323Z","opening":""}',1.79569248148624205588e+09);
CREATE TABLE samples (
    at                 REAL NOT NULL,
    account            TEXT NOT NULL,
    campaign_id        INTEGER NOT NULL,
    status             TEXT NOT NULL,
    sent               INTEGER,
    delivered          INTEGER,
    fallback_sent      INTEGER,
    fallback_delivered INTEGER,
    PRIMARY KEY (at, account, campaign_id)
) WITHOUT ROWID;
INSERT INTO "samples" VALUES(1.79569247843989300726e+09,'default',5003,'spam',0,0,NULL,NULL);
INSERT INTO "samples" VALUES(1.79569247843989300726e+09,'default',5004,'sending',68,7,NULL,NULL);
INSERT INTO "samples" VALUES(1.79569247843989300726e+09,'default',5005,'done',40,5,NULL,NULL);
INSERT INTO "samples" VALUES(1.79569247843989300726e+09,'default',5006,'sending',68,7,NULL,NULL);
INSERT INTO "samples" VALUES(1.79569247844064402586e+09,'default',5002,'done',5000,2949,1900,1804);
INSERT INTO "samples" VALUES(1.795692479441726923e+09,'default',5004,'sending',88,11,NULL,NULL);
INSERT INTO "samples" VALUES(1.795692479441726923e+09,'default',5005,'done',40,7,NULL,NULL);
INSERT INTO "samples" VALUES(1.795692479441726923e+09,'default',5006,'sending',88,11,NULL,NULL);
INSERT INTO "samples" VALUES(1.79569248046130800246e+09,'default',5004,'sending',109,17,NULL,NULL);
INSERT INTO "samples" VALUES(1.79569248046130800246e+09,'default',5005,'done',40,9,NULL,NULL);
INSERT INTO "samples" VALUES(1.79569248046130800246e+09,'default',5006,'paused',100,16,NULL,NULL);
INSERT INTO "samples" VALUES(1.79569248143047308918e+09,'default',5004,'stopped',120,23,NULL,NULL);
INSERT INTO "samples" VALUES(1.79569248143047308918e+09,'default',5005,'done',40,11,NULL,NULL);
INSERT INTO "samples" VALUES(1.79569248143047308918e+09,'default',5006,'paused',100,21,NULL,NULL);
INSERT INTO "samples" VALUES(1.79569248242432808878e+09,'default',5004,'stopped',120,28,NULL,NULL);
INSERT INTO "samples" VALUES(1.79569248242432808878e+09,'default',5005,'done',40,13,NULL,NULL);
INSERT INTO "samples" VALUES(1.79569248242432808878e+09,'default',5006,'paused',100,26,NULL,NULL);
INSERT INTO "samples" VALUES(1.79569248339293789868e+09,'default',5004,'stopped',120,34,NULL,NULL);
INSERT INTO "samples" VALUES(1.79569248339293789868e+09,'default',5005,'done',40,14,NULL,NULL);
INSERT INTO "samples" VALUES(1.79569248339293789868e+09,'default',5006,'paused',100,30,NULL,NULL);
INSERT INTO "samples" VALUES(1.79569248441262102125e+09,'default',5004,'stopped',120,39,NULL,NULL);
INSERT INTO "samples" VALUES(1.79569248441262102125e+09,'default',5005,'done',40,16,NULL,NULL);
INSERT INTO "samples" VALUES(1.79569248441262102125e+09,'default',5006,'paused',100,34,NULL,NULL);
INSERT INTO "samples" VALUES(1.79569248540560197835e+09,'default',5004,'stopped',120,43,NULL,NULL);
INSERT INTO "samples" VALUES(1.79569248540560197835e+09,'default',5005,'done',40,17,NULL,NULL);
INSERT INTO "samples" VALUES(1.79569248540560197835e+09,'default',5006,'paused',100,38,NULL,NULL);
INSERT INTO "samples" VALUES(1.79569248635668611523e+09,'default',5004,'stopped',120,47,NULL,NULL);
INSERT INTO "samples" VALUES(1.79569248635668611523e+09,'default',5005,'done',40,18,NULL,NULL);
INSERT INTO "samples" VALUES(1.79569248635668611523e+09,'default',5006,'paused',100,41,NULL,NULL);
CREATE TABLE silences (
    id             TEXT NOT NULL PRIMARY KEY,
    matchers       TEXT NOT NULL,
    starts_at      REAL NOT NULL,
    ends_at        REAL,
    until_resolved INTEGER NOT NULL,
    author         TEXT NOT NULL,
    comment        TEXT NOT NULL,
    created_at     REAL NOT NULL,
    matched_at     REAL,
    ended_at       REAL,
    ended_by       TEXT
);
INSERT INTO "silences" VALUES('00779812b8ec','[{"name":"alertname","operator":"=","value":"Stopped"}]',1.79569248401671290394e+09,1.82722848401671290399e+09,0,'ann','known',1.79569248401671290394e+09,NULL,NULL,NULL);
INSERT INTO "silences" VALUES('11d12d69312a','[{"name":"alertname","operator":"=","value":"Stopped"}]',1.79569248494238901132e+09,NULL,1,'ann','known',1.79569248494238901132e+09,NULL,1.79569248654803395267e+09,'bo');
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
CREATE INDEX samples_campaign ON samples (account, campaign_id, at);
COMMIT;
