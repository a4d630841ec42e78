PRAGMA application_id = 1112753997;
PRAGMA user_version = 4;
BEGIN TRANSACTION;
CREATE TABLE acknowledgements (
    alert_id TEXT NOT NULL PRIMARY KEY,
    author   TEXT NOT NULL,
    comment  TEXT NOT NULL,
    at       REAL NOT NULL
);
INSERT INTO "acknowledgements" VALUES('bd84f7a5617dd944-1a2179c933b','ann','asked BSG',1795692471.46947);
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
INSERT INTO "alerts" VALUES('bd84f7a5617dd944-1a2179c933b','firing','Held','default','5003',1.79569246700330710413e+09,NULL,0,'{"id":"bd84f7a5617dd944-1a2179c933b","fingerprint":"bd84f7a5617dd944","key":{"rule":"Held","account":"default","subject":"5003"},"state":"firing","labels":{"alertname":"Held","account":"default","campaign_id":"5003","sender":"UrbanWear","message_type":"sms","severity":"critical"},"annotations":{"summary":"Spring sale ☀ is held"},"active_since":"2026-11-26T11:27:47.003307Z","inactive_since":null,"fired_at":"2026-11-26T11:27:47.003307Z","resolved_at":null,"described_at":"2026-11-26T11:27:47.003307Z","resolve_reason":null,"event_id":null,"campaign":{"account":"default","id":5003,"name":"Spring sale ☀","sender":"UrbanWear","status":"spam","message_type":"sms","created_at":1795692463.0,"start_at":1795692463.0,"real_start_at":null,"finished_at":null,"sent":0,"delivered":0,"fallback_sent":null,"fallback_delivered":null,"calculated_price":0.0,"currency":null}}');
INSERT INTO "alerts" VALUES('89e0f6d82b31a2e5-1a2179c933b','resolved','Sending','default','5004',1.79569246700330710413e+09,1.79569246996966600414e+09,1,'{"id":"89e0f6d82b31a2e5-1a2179c933b","fingerprint":"89e0f6d82b31a2e5","key":{"rule":"Sending","account":"default","subject":"5004"},"state":"resolved","labels":{"alertname":"Sending","account":"default","campaign_id":"5004","sender":"AutoPlus","message_type":"sms","severity":"warning"},"annotations":{"summary":"Price drop is being sent"},"active_since":"2026-11-26T11:27:47.003307Z","inactive_since":"2026-11-26T11:27:49.969666Z","fired_at":"2026-11-26T11:27:47.003307Z","resolved_at":"2026-11-26T11:27:49.969666Z","described_at":"2026-11-26T11:27:48.966952Z","resolve_reason":"condition","event_id":null,"campaign":{"account":"default","id":5004,"name":"Price drop","sender":"AutoPlus","status":"stopped","message_type":"sms","created_at":1795692463.0,"start_at":1795692463.0,"real_start_at":1795692463.0,"finished_at":1795692469.0,"sent":120,"delivered":26,"fallback_sent":null,"fallback_delivered":null,"calculated_price":0.0,"currency":null}}');
INSERT INTO "alerts" VALUES('75158bef4b03075e-1a2179c933b','resolved','Sending','default','5006',1.79569246700330710413e+09,1.79569246896695208556e+09,1,'{"id":"75158bef4b03075e-1a2179c933b","fingerprint":"75158bef4b03075e","key":{"rule":"Sending","account":"default","subject":"5006"},"state":"resolved","labels":{"alertname":"Sending","account":"default","campaign_id":"5006","sender":"PharmaOne","message_type":"sms","severity":"warning"},"annotations":{"summary":"Vaccination week is being sent"},"active_since":"2026-11-26T11:27:47.003307Z","inactive_since":"2026-11-26T11:27:48.966952Z","fired_at":"2026-11-26T11:27:47.003307Z","resolved_at":"2026-11-26T11:27:48.966952Z","described_at":"2026-11-26T11:27:47.969340Z","resolve_reason":"condition","event_id":null,"campaign":{"account":"default","id":5006,"name":"Vaccination week","sender":"PharmaOne","status":"paused","message_type":"sms","created_at":1795692463.0,"start_at":1795692463.0,"real_start_at":1795692463.0,"finished_at":null,"sent":100,"delivered":19,"fallback_sent":null,"fallback_delivered":null,"calculated_price":0.0,"currency":null}}');
INSERT INTO "alerts" VALUES('4a476b9f29c7beca-1a2179c933b','firing','Poor','default','',1.79569246700330710413e+09,NULL,0,'{"id":"4a476b9f29c7beca-1a2179c933b","fingerprint":"4a476b9f29c7beca","key":{"rule":"Poor","account":"default","subject":""},"state":"firing","labels":{"alertname":"Poor","account":"default","severity":"warning"},"annotations":{"summary":"little is left"},"active_since":"2026-11-26T11:27:47.003307Z","inactive_since":null,"fired_at":"2026-11-26T11:27:47.003307Z","resolved_at":null,"described_at":"2026-11-26T11:27:47.003307Z","resolve_reason":null,"event_id":null,"campaign":null}');
INSERT INTO "alerts" VALUES('3f9efdb5de4f3ce3-1a2179c9ae6','pending','Paused','default','5006',NULL,NULL,0,'{"id":"3f9efdb5de4f3ce3-1a2179c9ae6","fingerprint":"3f9efdb5de4f3ce3","key":{"rule":"Paused","account":"default","subject":"5006"},"state":"pending","labels":{"alertname":"Paused","account":"default","campaign_id":"5006","sender":"PharmaOne","message_type":"sms","severity":"warning"},"annotations":{},"active_since":"2026-11-26T11:27:48.966952Z","inactive_since":null,"fired_at":null,"resolved_at":null,"described_at":null,"resolve_reason":null,"event_id":null,"campaign":{"account":"default","id":5006,"name":"Vaccination week","sender":"PharmaOne","status":"paused","message_type":"sms","created_at":1795692463.0,"start_at":1795692463.0,"real_start_at":1795692463.0,"finished_at":null,"sent":100,"delivered":19,"fallback_sent":null,"fallback_delivered":null,"calculated_price":0.0,"currency":null}}');
INSERT INTO "alerts" VALUES('5de571509eaa7b1f-b09d2587ace518197bcc','firing','Stopped','default','5004',1.79569246996966600414e+09,1.79569246996966600414e+09,1,'{"id":"5de571509eaa7b1f-b09d2587ace518197bcc","fingerprint":"5de571509eaa7b1f","key":{"rule":"Stopped","account":"default","subject":"5004"},"state":"firing","labels":{"alertname":"Stopped","account":"default","campaign_id":"5004","sender":"AutoPlus","message_type":"sms","severity":"warning"},"annotations":{"summary":"Price drop was stopped"},"active_since":"2026-11-26T11:27:49.969666Z","inactive_since":null,"fired_at":"2026-11-26T11:27:49.969666Z","resolved_at":"2026-11-26T11:27:49.969666Z","described_at":null,"resolve_reason":null,"event_id":"b09d2587ace518197bcc","campaign":{"account":"default","id":5004,"name":"Price drop","sender":"AutoPlus","status":"stopped","message_type":"sms","created_at":1795692463.0,"start_at":1795692463.0,"real_start_at":1795692463.0,"finished_at":1795692469.0,"sent":120,"delivered":26,"fallback_sent":null,"fallback_delivered":null,"calculated_price":0.0,"currency":null}}');
CREATE TABLE balances (
    account  TEXT NOT NULL PRIMARY KEY,
    balance  REAL NOT NULL,
    credit   REAL NOT NULL,
    currency TEXT,
    read_at  REAL NOT NULL
);
INSERT INTO "balances" VALUES('default',120.0,25.0,'EUR',1795692466.99491);
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
INSERT INTO "campaigns" VALUES('default',5001,'Long ago','UrbanWear','done','sms',1795260463.0,1795260463.0,1795260463.0,1795260493.0,900,873,NULL,NULL,0.0,NULL,1795692466.994,1795260493.0,1795692466.994,1,0);
INSERT INTO "campaigns" VALUES('default',5002,'Carousel','TechHubAgent','done','rcs',1795685263.0,1795685263.0,1795685263.0,1795685268.0,5000,2949,1900,1804,0.0,NULL,1.79569246699480295176e+09,1795685268.0,1.79569246699480295176e+09,0,0);
INSERT INTO "campaigns" VALUES('default',5003,'Spring sale ☀','UrbanWear','spam','sms',1795692463.0,1795692463.0,NULL,NULL,0,0,NULL,NULL,0.0,NULL,1795692466.994,1795692463.0,1795692466.994,0,0);
INSERT INTO "campaigns" VALUES('default',5004,'Price drop','AutoPlus','stopped','sms',1795692463.0,1795692463.0,1795692463.0,1795692469.0,120,50,NULL,NULL,0.0,NULL,1795692466.994,1795692469.0,1.79569246996760797496e+09,0,8);
INSERT INTO "campaigns" VALUES('default',5005,'Short notice','CinemaX','done','sms',1795692463.0,1795692463.0,1795692463.0,1795692465.0,40,19,NULL,NULL,0.0,NULL,1795692466.994,1795692465.0,1795692466.994,0,8);
INSERT INTO "campaigns" VALUES('default',5006,'Vaccination week','PharmaOne','paused','sms',1795692463.0,1795692463.0,1795692463.0,NULL,100,43,NULL,NULL,0.0,NULL,1795692466.994,1.79569246896464896202e+09,1.79569246896464896202e+09,0,8);
CREATE TABLE events (
    sequence    INTEGER NOT NULL PRIMARY KEY,
    id          TEXT NOT NULL UNIQUE,
    kind        TEXT NOT NULL,
    account     TEXT NOT NULL,
    campaign_id INTEGER NOT NULL,
    at          REAL NOT NULL,
    event       TEXT NOT NULL
);
INSERT INTO "events" VALUES(1,'92f80cff0e5c8858e1fc','status_changed','default',5006,1.79569246896464896202e+09,'{"id":"92f80cff0e5c8858e1fc","kind":"status_changed","at":1795692468.964649,"campaign":{"account":"default","id":5006,"name":"Vaccination week","sender":"PharmaOne","status":"paused","message_type":"sms","created_at":1795692463.0,"start_at":1795692463.0,"real_start_at":1795692463.0,"finished_at":null,"sent":100,"delivered":19,"fallback_sent":null,"fallback_delivered":null,"calculated_price":0.0,"currency":null},"changes":[{"field":"status","old":"sending","new":"paused"}]}');
INSERT INTO "events" VALUES(2,'b09d2587ace518197bcc','status_changed','default',5004,1.79569246996760797496e+09,'{"id":"b09d2587ace518197bcc","kind":"status_changed","at":1795692469.967608,"campaign":{"account":"default","id":5004,"name":"Price drop","sender":"AutoPlus","status":"stopped","message_type":"sms","created_at":1795692463.0,"start_at":1795692463.0,"real_start_at":1795692463.0,"finished_at":1795692469.0,"sent":120,"delivered":26,"fallback_sent":null,"fallback_delivered":null,"calculated_price":0.0,"currency":null},"changes":[{"field":"status","old":"sending","new":"stopped"},{"field":"finished_at","old":null,"new":1795692469.0}]}');
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
INSERT INTO "feeds" VALUES('default','sms',1795692466.994,1.79569247496568799014e+09,1795692466.994,'ok',1,0,NULL);
INSERT INTO "feeds" VALUES('default','rcs',1.79569246699480295176e+09,1.79569247406409406662e+09,1.79569246699480295176e+09,'ok',1,0,NULL);
CREATE TABLE ledgers (
    receiver  TEXT NOT NULL,
    group_key TEXT NOT NULL,
    ledger    TEXT NOT NULL,
    PRIMARY KEY (receiver, group_key)
);
INSERT INTO "ledgers" VALUES('hook','hook:eec7e568629af728','{"group":{"receiver":"hook","key":"hook:eec7e568629af728"},"labels":{"alertname":"Held"},"told":{"bd84f7a5617dd944-1a2179c933b":"firing"},"flushed_at":"2026-11-26T11:27:47.008664Z","changed_at":"2026-11-26T11:27:47.008664Z","path":"/{}"}');
INSERT INTO "ledgers" VALUES('hook','hook:b13eedf68c6647d3','{"group":{"receiver":"hook","key":"hook:b13eedf68c6647d3"},"labels":{"alertname":"Poor"},"told":{"4a476b9f29c7beca-1a2179c933b":"firing"},"flushed_at":"2026-11-26T11:27:47.008664Z","changed_at":"2026-11-26T11:27:47.008664Z","path":"/{}"}');
INSERT INTO "ledgers" VALUES('bot','bot:af3b9160d3be253b','{"group":{"receiver":"bot","key":"bot:af3b9160d3be253b"},"labels":{"alertname":"Held"},"told":{"bd84f7a5617dd944-1a2179c933b":"firing"},"flushed_at":"2026-11-26T11:27:47.008664Z","changed_at":"2026-11-26T11:27:47.008664Z","path":"/{alertname=~\"Held|Sending\"}"}');
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
INSERT INTO "outbox" VALUES('msg_b76fee4a05444e71803b02bbbccada8c','hook','hook:eec7e568629af728',1,'delivered',0,1,1.79569246700866389267e+09,1.79569246701100111002e+09,1.79569249701100111006e+09,NULL,1.79569246701755094522e+09,NULL,'firing','{"id":"msg_b76fee4a05444e71803b02bbbccada8c","receiver":"hook","group_key":"hook:eec7e568629af728","group_labels":{"alertname":"Held"},"reason":"firing","alerts":[{"id":"bd84f7a5617dd944-1a2179c933b","fingerprint":"bd84f7a5617dd944","status":"firing","labels":{"alertname":"Held","account":"default","campaign_id":"5003","sender":"UrbanWear","message_type":"sms","severity":"critical"},"annotations":{"summary":"Spring sale ☀ is held"},"active_since":"2026-11-26T11:27:47.003307Z","starts_at":"2026-11-26T11:27:47.003307Z","ends_at":null,"resolve_reason":null,"event_id":null,"changed":true,"campaign":{"account":"default","id":5003,"name":"Spring sale ☀","sender":"UrbanWear","status":"spam","message_type":"sms","created_at":1795692463.0,"start_at":1795692463.0,"real_start_at":null,"finished_at":null,"sent":0,"delivered":0,"fallback_sent":null,"fallback_delivered":null,"calculated_price":0.0,"currency":null},"acknowledged_by":null,"acknowledged_at":null}],"created_at":"2026-11-26T11:27:47.008664Z","part":1,"parts":1,"omitted":0,"fallback_for":[]}');
INSERT INTO "outbox" VALUES('msg_ea5cdec833394443868746d00f7d8757','hook','hook:b13eedf68c6647d3',2,'pending',1,2,1.79569246700866389267e+09,1.79569246701100111002e+09,1.79569250120336103434e+09,NULL,NULL,'HTTP 503 Service Unavailable','firing','{"id":"msg_ea5cdec833394443868746d00f7d8757","receiver":"hook","group_key":"hook:b13eedf68c6647d3","group_labels":{"alertname":"Poor"},"reason":"firing","alerts":[{"id":"4a476b9f29c7beca-1a2179c933b","fingerprint":"4a476b9f29c7beca","status":"firing","labels":{"alertname":"Poor","account":"default","severity":"warning"},"annotations":{"summary":"little is left"},"active_since":"2026-11-26T11:27:47.003307Z","starts_at":"2026-11-26T11:27:47.003307Z","ends_at":null,"resolve_reason":null,"event_id":null,"changed":true,"campaign":null,"acknowledged_by":null,"acknowledged_at":null}],"created_at":"2026-11-26T11:27:47.008664Z","part":1,"parts":1,"omitted":0,"fallback_for":[]}');
INSERT INTO "outbox" VALUES('msg_5e0f42a39b004cc99ba25b56e15a4fee','bot','bot:af3b9160d3be253b',3,'delivered',0,1,1.79569246700866389267e+09,1.79569246701096105582e+09,1.79569249701096105573e+09,NULL,1.79569246701849293706e+09,NULL,'firing','{"id":"msg_5e0f42a39b004cc99ba25b56e15a4fee","receiver":"bot","group_key":"bot:af3b9160d3be253b","group_labels":{"alertname":"Held"},"reason":"firing","alerts":[{"id":"bd84f7a5617dd944-1a2179c933b","fingerprint":"bd84f7a5617dd944","status":"firing","labels":{"alertname":"Held","account":"default","campaign_id":"5003","sender":"UrbanWear","message_type":"sms","severity":"critical"},"annotations":{"summary":"Spring sale ☀ is held"},"active_since":"2026-11-26T11:27:47.003307Z","starts_at":"2026-11-26T11:27:47.003307Z","ends_at":null,"resolve_reason":null,"event_id":null,"changed":true,"campaign":{"account":"default","id":5003,"name":"Spring sale ☀","sender":"UrbanWear","status":"spam","message_type":"sms","created_at":1795692463.0,"start_at":1795692463.0,"real_start_at":null,"finished_at":null,"sent":0,"delivered":0,"fallback_sent":null,"fallback_delivered":null,"calculated_price":0.0,"currency":null},"acknowledged_by":null,"acknowledged_at":null}],"created_at":"2026-11-26T11:27:47.008664Z","part":1,"parts":1,"omitted":0,"fallback_for":[]}');
INSERT INTO "outbox" VALUES('msg_e7c7d144859d41f5a7586d6dc652cba0','hook','hook:073c6ef67dea175b',4,'delivered',0,1,1.79569246700866389267e+09,1.79569246701100111002e+09,1.79569249701100111006e+09,NULL,1.79569246701821708675e+09,NULL,'firing','{"id":"msg_e7c7d144859d41f5a7586d6dc652cba0","receiver":"hook","group_key":"hook:073c6ef67dea175b","group_labels":{"alertname":"Sending"},"reason":"firing","alerts":[{"id":"75158bef4b03075e-1a2179c933b","fingerprint":"75158bef4b03075e","status":"firing","labels":{"alertname":"Sending","account":"default","campaign_id":"5006","sender":"PharmaOne","message_type":"sms","severity":"warning"},"annotations":{"summary":"Vaccination week is being sent"},"active_since":"2026-11-26T11:27:47.003307Z","starts_at":"2026-11-26T11:27:47.003307Z","ends_at":null,"resolve_reason":null,"event_id":null,"changed":true,"campaign":{"account":"default","id":5006,"name":"Vaccination week","sender":"PharmaOne","status":"sending","message_type":"sms","created_at":1795692463.0,"start_at":1795692463.0,"real_start_at":1795692463.0,"finished_at":null,"sent":80,"delivered":9,"fallback_sent":null,"fallback_delivered":null,"calculated_price":0.0,"currency":null},"acknowledged_by":null,"acknowledged_at":null},{"id":"89e0f6d82b31a2e5-1a2179c933b","fingerprint":"89e0f6d82b31a2e5","status":"firing","labels":{"alertname":"Sending","account":"default","campaign_id":"5004","sender":"AutoPlus","message_type":"sms","severity":"warning"},"annotations":{"summary":"Price drop is being sent"},"active_since":"2026-11-26T11:27:47.003307Z","starts_at":"2026-11-26T11:27:47.003307Z","ends_at":null,"resolve_reason":null,"event_id":null,"changed":true,"campaign":{"account":"default","id":5004,"name":"Price drop","sender":"AutoPlus","status":"sending","message_type":"sms","created_at":1795692463.0,"start_at":1795692463.0,"real_start_at":1795692463.0,"finished_at":null,"sent":80,"delivered":9,"fallback_sent":null,"fallback_delivered":null,"calculated_price":0.0,"currency":null},"acknowledged_by":null,"acknowledged_at":null}],"created_at":"2026-11-26T11:27:47.008664Z","part":1,"parts":1,"omitted":0,"fallback_for":[]}');
INSERT INTO "outbox" VALUES('msg_8a7328bbd7da44838e6a1b9d6091054e','bot','bot:8250d410cf308469',5,'delivered',0,1,1.79569246700866389267e+09,1.79569246801339292528e+09,1.79569249801339292523e+09,NULL,1.79569246801685094834e+09,NULL,'firing','{"id":"msg_8a7328bbd7da44838e6a1b9d6091054e","receiver":"bot","group_key":"bot:8250d410cf308469","group_labels":{"alertname":"Sending"},"reason":"firing","alerts":[{"id":"75158bef4b03075e-1a2179c933b","fingerprint":"75158bef4b03075e","status":"firing","labels":{"alertname":"Sending","account":"default","campaign_id":"5006","sender":"PharmaOne","message_type":"sms","severity":"warning"},"annotations":{"summary":"Vaccination week is being sent"},"active_since":"2026-11-26T11:27:47.003307Z","starts_at":"2026-11-26T11:27:47.003307Z","ends_at":null,"resolve_reason":null,"event_id":null,"changed":true,"campaign":{"account":"default","id":5006,"name":"Vaccination week","sender":"PharmaOne","status":"sending","message_type":"sms","created_at":1795692463.0,"start_at":1795692463.0,"real_start_at":1795692463.0,"finished_at":null,"sent":80,"delivered":9,"fallback_sent":null,"fallback_delivered":null,"calculated_price":0.0,"currency":null},"acknowledged_by":null,"acknowledged_at":null},{"id":"89e0f6d82b31a2e5-1a2179c933b","fingerprint":"89e0f6d82b31a2e5","status":"firing","labels":{"alertname":"Sending","account":"default","campaign_id":"5004","sender":"AutoPlus","message_type":"sms","severity":"warning"},"annotations":{"summary":"Price drop is being sent"},"active_since":"2026-11-26T11:27:47.003307Z","starts_at":"2026-11-26T11:27:47.003307Z","ends_at":null,"resolve_reason":null,"event_id":null,"changed":true,"campaign":{"account":"default","id":5004,"name":"Price drop","sender":"AutoPlus","status":"sending","message_type":"sms","created_at":1795692463.0,"start_at":1795692463.0,"real_start_at":1795692463.0,"finished_at":null,"sent":80,"delivered":9,"fallback_sent":null,"fallback_delivered":null,"calculated_price":0.0,"currency":null},"acknowledged_by":null,"acknowledged_at":null}],"created_at":"2026-11-26T11:27:47.008664Z","part":1,"parts":1,"omitted":0,"fallback_for":[]}');
INSERT INTO "outbox" VALUES('msg_82a9353bec1d4c5cb30b4b1084000023','hook','hook:073c6ef67dea175b',6,'delivered',0,1,1.79569246896920704844e+09,1.79569246897017598153e+09,1.79569249897017598153e+09,NULL,1.79569246897147798535e+09,NULL,'resolved','{"id":"msg_82a9353bec1d4c5cb30b4b1084000023","receiver":"hook","group_key":"hook:073c6ef67dea175b","group_labels":{"alertname":"Sending"},"reason":"resolved","alerts":[{"id":"75158bef4b03075e-1a2179c933b","fingerprint":"75158bef4b03075e","status":"resolved","labels":{"alertname":"Sending","account":"default","campaign_id":"5006","sender":"PharmaOne","message_type":"sms","severity":"warning"},"annotations":{"summary":"Vaccination week is being sent"},"active_since":"2026-11-26T11:27:47.003307Z","starts_at":"2026-11-26T11:27:47.003307Z","ends_at":"2026-11-26T11:27:48.966952Z","resolve_reason":"condition","event_id":null,"changed":true,"campaign":{"account":"default","id":5006,"name":"Vaccination week","sender":"PharmaOne","status":"paused","message_type":"sms","created_at":1795692463.0,"start_at":1795692463.0,"real_start_at":1795692463.0,"finished_at":null,"sent":100,"delivered":19,"fallback_sent":null,"fallback_delivered":null,"calculated_price":0.0,"currency":null},"acknowledged_by":null,"acknowledged_at":null},{"id":"89e0f6d82b31a2e5-1a2179c933b","fingerprint":"89e0f6d82b31a2e5","status":"firing","labels":{"alertname":"Sending","account":"default","campaign_id":"5004","sender":"AutoPlus","message_type":"sms","severity":"warning"},"annotations":{"summary":"Price drop is being sent"},"active_since":"2026-11-26T11:27:47.003307Z","starts_at":"2026-11-26T11:27:47.003307Z","ends_at":null,"resolve_reason":null,"event_id":null,"changed":false,"campaign":{"account":"default","id":5004,"name":"Price drop","sender":"AutoPlus","status":"sending","message_type":"sms","created_at":1795692463.0,"start_at":1795692463.0,"real_start_at":1795692463.0,"finished_at":null,"sent":119,"delivered":20,"fallback_sent":null,"fallback_delivered":null,"calculated_price":0.0,"currency":null},"acknowledged_by":null,"acknowledged_at":null}],"created_at":"2026-11-26T11:27:48.969207Z","part":1,"parts":1,"omitted":0,"fallback_for":[]}');
INSERT INTO "outbox" VALUES('msg_b64101f6818741ebad687a51d9dffe4a','bot','bot:8250d410cf308469',7,'delivered',0,1,1.79569246896920704844e+09,1.79569246901452589035e+09,1.79569249901452589039e+09,NULL,1.79569246901845908171e+09,NULL,'resolved','{"id":"msg_b64101f6818741ebad687a51d9dffe4a","receiver":"bot","group_key":"bot:8250d410cf308469","group_labels":{"alertname":"Sending"},"reason":"resolved","alerts":[{"id":"75158bef4b03075e-1a2179c933b","fingerprint":"75158bef4b03075e","status":"resolved","labels":{"alertname":"Sending","account":"default","campaign_id":"5006","sender":"PharmaOne","message_type":"sms","severity":"warning"},"annotations":{"summary":"Vaccination week is being sent"},"active_since":"2026-11-26T11:27:47.003307Z","starts_at":"2026-11-26T11:27:47.003307Z","ends_at":"2026-11-26T11:27:48.966952Z","resolve_reason":"condition","event_id":null,"changed":true,"campaign":{"account":"default","id":5006,"name":"Vaccination week","sender":"PharmaOne","status":"paused","message_type":"sms","created_at":1795692463.0,"start_at":1795692463.0,"real_start_at":1795692463.0,"finished_at":null,"sent":100,"delivered":19,"fallback_sent":null,"fallback_delivered":null,"calculated_price":0.0,"currency":null},"acknowledged_by":null,"acknowledged_at":null},{"id":"89e0f6d82b31a2e5-1a2179c933b","fingerprint":"89e0f6d82b31a2e5","status":"firing","labels":{"alertname":"Sending","account":"default","campaign_id":"5004","sender":"AutoPlus","message_type":"sms","severity":"warning"},"annotations":{"summary":"Price drop is being sent"},"active_since":"2026-11-26T11:27:47.003307Z","starts_at":"2026-11-26T11:27:47.003307Z","ends_at":null,"resolve_reason":null,"event_id":null,"changed":false,"campaign":{"account":"default","id":5004,"name":"Price drop","sender":"AutoPlus","status":"sending","message_type":"sms","created_at":1795692463.0,"start_at":1795692463.0,"real_start_at":1795692463.0,"finished_at":null,"sent":119,"delivered":20,"fallback_sent":null,"fallback_delivered":null,"calculated_price":0.0,"currency":null},"acknowledged_by":null,"acknowledged_at":null}],"created_at":"2026-11-26T11:27:48.969207Z","part":1,"parts":1,"omitted":0,"fallback_for":[]}');
INSERT INTO "outbox" VALUES('msg_4d7f650072ff4714a600a7c9e65c26fc','hook','hook:073c6ef67dea175b',8,'delivered',0,1,1.79569246997283911708e+09,1.79569246997402906422e+09,1.79569249997402906413e+09,NULL,1.7956924699759891033e+09,NULL,'resolved','{"id":"msg_4d7f650072ff4714a600a7c9e65c26fc","receiver":"hook","group_key":"hook:073c6ef67dea175b","group_labels":{"alertname":"Sending"},"reason":"resolved","alerts":[{"id":"89e0f6d82b31a2e5-1a2179c933b","fingerprint":"89e0f6d82b31a2e5","status":"resolved","labels":{"alertname":"Sending","account":"default","campaign_id":"5004","sender":"AutoPlus","message_type":"sms","severity":"warning"},"annotations":{"summary":"Price drop is being sent"},"active_since":"2026-11-26T11:27:47.003307Z","starts_at":"2026-11-26T11:27:47.003307Z","ends_at":"2026-11-26T11:27:49.969666Z","resolve_reason":"condition","event_id":null,"changed":true,"campaign":{"account":"default","id":5004,"name":"Price drop","sender":"AutoPlus","status":"stopped","message_type":"sms","created_at":1795692463.0,"start_at":1795692463.0,"real_start_at":1795692463.0,"finished_at":1795692469.0,"sent":120,"delivered":26,"fallback_sent":null,"fallback_delivered":null,"calculated_price":0.0,"currency":null},"acknowledged_by":null,"acknowledged_at":null}],"created_at":"2026-11-26T11:27:49.972839Z","part":1,"parts":1,"omitted":0,"fallback_for":[]}');
INSERT INTO "outbox" VALUES('msg_dbbc27c3c872478398598b02db0ff511','bot','bot:8250d410cf308469',9,'delivered',0,1,1.79569246997283911708e+09,1.79569247001676511764e+09,1.79569250001676511763e+09,NULL,1.79569247002906703944e+09,NULL,'resolved','{"id":"msg_dbbc27c3c872478398598b02db0ff511","receiver":"bot","group_key":"bot:8250d410cf308469","group_labels":{"alertname":"Sending"},"reason":"resolved","alerts":[{"id":"89e0f6d82b31a2e5-1a2179c933b","fingerprint":"89e0f6d82b31a2e5","status":"resolved","labels":{"alertname":"Sending","account":"default","campaign_id":"5004","sender":"AutoPlus","message_type":"sms","severity":"warning"},"annotations":{"summary":"Price drop is being sent"},"active_since":"2026-11-26T11:27:47.003307Z","starts_at":"2026-11-26T11:27:47.003307Z","ends_at":"2026-11-26T11:27:49.969666Z","resolve_reason":"condition","event_id":null,"changed":true,"campaign":{"account":"default","id":5004,"name":"Price drop","sender":"AutoPlus","status":"stopped","message_type":"sms","created_at":1795692463.0,"start_at":1795692463.0,"real_start_at":1795692463.0,"finished_at":1795692469.0,"sent":120,"delivered":26,"fallback_sent":null,"fallback_delivered":null,"calculated_price":0.0,"currency":null},"acknowledged_by":null,"acknowledged_at":null}],"created_at":"2026-11-26T11:27:49.972839Z","part":1,"parts":1,"omitted":0,"fallback_for":[]}');
INSERT INTO "outbox" VALUES('msg_f1e5f71ca892482a981e613457dfaa14','hook','hook:a86792bf18350ce6',10,'dead',0,1,1.79569246997283911708e+09,1.79569246997402906422e+09,1.79569249997402906413e+09,NULL,1.79569246997608590122e+09,'HTTP 410 Gone','event','{"id":"msg_f1e5f71ca892482a981e613457dfaa14","receiver":"hook","group_key":"hook:a86792bf18350ce6","group_labels":{"alertname":"Stopped"},"reason":"event","alerts":[{"id":"5de571509eaa7b1f-b09d2587ace518197bcc","fingerprint":"5de571509eaa7b1f","status":"firing","labels":{"alertname":"Stopped","account":"default","campaign_id":"5004","sender":"AutoPlus","message_type":"sms","severity":"warning"},"annotations":{"summary":"Price drop was stopped"},"active_since":"2026-11-26T11:27:49.969666Z","starts_at":"2026-11-26T11:27:49.969666Z","ends_at":"2026-11-26T11:27:49.969666Z","resolve_reason":null,"event_id":"b09d2587ace518197bcc","changed":true,"campaign":{"account":"default","id":5004,"name":"Price drop","sender":"AutoPlus","status":"stopped","message_type":"sms","created_at":1795692463.0,"start_at":1795692463.0,"real_start_at":1795692463.0,"finished_at":1795692469.0,"sent":120,"delivered":26,"fallback_sent":null,"fallback_delivered":null,"calculated_price":0.0,"currency":null},"acknowledged_by":null,"acknowledged_at":null}],"created_at":"2026-11-26T11:27:49.972839Z","part":1,"parts":1,"omitted":0,"fallback_for":[]}');
CREATE TABLE receiver_memory (
    receiver TEXT NOT NULL,
    key      TEXT NOT NULL,
    value    TEXT NOT NULL,
    at       REAL NOT NULL,
    PRIMARY KEY (receiver, key)
);
INSERT INTO "receiver_memory" VALUES('bot','bot:af3b9160d3be253b','{"target":"C1","channel":"C1","ts":"1772440000.000100","open":true,"last":"msg_5e0f42a39b004cc99ba25b56e15a4fee","decided":"2026-11-26T11:27:47.008664Z","opening":"<!date^1795692467^{date_short_pretty} {time}|2026-11-26 11:27 UTC>\n🔴 CRITICAL · 1 firing · Spring sale ☀ is held"}',1.79569246701654291155e+09);
INSERT INTO "receiver_memory" VALUES('bot','bot:8250d410cf308469','{"target":"C1","channel":"C1","ts":"1772440000.000100","open":false,"last":"msg_dbbc27c3c872478398598b02db0ff511","decided":"2026-11-26T11:27:49.972839Z","opening":""}',1.79569247002271199223e+09);
INSERT INTO "receiver_memory" VALUES('hook','health','2026-11-26T11:27:49.976086+00:00 HTTP 410 Gone',1.79569247199545693402e+09);
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
INSERT INTO "samples" VALUES(1795692466.994,'default',5003,'spam',0,0,NULL,NULL);
INSERT INTO "samples" VALUES(1795692466.994,'default',5004,'sending',80,9,NULL,NULL);
INSERT INTO "samples" VALUES(1795692466.994,'default',5005,'done',40,7,NULL,NULL);
INSERT INTO "samples" VALUES(1795692466.994,'default',5006,'sending',80,9,NULL,NULL);
INSERT INTO "samples" VALUES(1.79569246699480295176e+09,'default',5002,'done',5000,2949,1900,1804);
INSERT INTO "samples" VALUES(1.79569246796708893772e+09,'default',5004,'sending',99,14,NULL,NULL);
INSERT INTO "samples" VALUES(1.79569246796708893772e+09,'default',5005,'done',40,9,NULL,NULL);
INSERT INTO "samples" VALUES(1.79569246796708893772e+09,'default',5006,'sending',99,14,NULL,NULL);
INSERT INTO "samples" VALUES(1.79569246896464896202e+09,'default',5004,'sending',119,20,NULL,NULL);
INSERT INTO "samples" VALUES(1.79569246896464896202e+09,'default',5005,'done',40,10,NULL,NULL);
INSERT INTO "samples" VALUES(1.79569246896464896202e+09,'default',5006,'paused',100,19,NULL,NULL);
INSERT INTO "samples" VALUES(1.79569246996760797496e+09,'default',5004,'stopped',120,26,NULL,NULL);
INSERT INTO "samples" VALUES(1.79569246996760797496e+09,'default',5005,'done',40,12,NULL,NULL);
INSERT INTO "samples" VALUES(1.79569246996760797496e+09,'default',5006,'paused',100,24,NULL,NULL);
INSERT INTO "samples" VALUES(1795692470.94756,'default',5004,'stopped',120,31,NULL,NULL);
INSERT INTO "samples" VALUES(1795692470.94756,'default',5005,'done',40,14,NULL,NULL);
INSERT INTO "samples" VALUES(1795692470.94756,'default',5006,'paused',100,28,NULL,NULL);
INSERT INTO "samples" VALUES(1.79569247192956900601e+09,'default',5004,'stopped',120,36,NULL,NULL);
INSERT INTO "samples" VALUES(1.79569247192956900601e+09,'default',5005,'done',40,15,NULL,NULL);
INSERT INTO "samples" VALUES(1.79569247192956900601e+09,'default',5006,'paused',100,32,NULL,NULL);
INSERT INTO "samples" VALUES(1795692472.9214,'default',5004,'stopped',120,41,NULL,NULL);
INSERT INTO "samples" VALUES(1795692472.9214,'default',5005,'done',40,16,NULL,NULL);
INSERT INTO "samples" VALUES(1795692472.9214,'default',5006,'paused',100,36,NULL,NULL);
INSERT INTO "samples" VALUES(1.79569247393330693246e+09,'default',5004,'stopped',120,45,NULL,NULL);
INSERT INTO "samples" VALUES(1.79569247393330693246e+09,'default',5005,'done',40,18,NULL,NULL);
INSERT INTO "samples" VALUES(1.79569247393330693246e+09,'default',5006,'paused',100,40,NULL,NULL);
INSERT INTO "samples" VALUES(1.79569247496568799014e+09,'default',5004,'stopped',120,50,NULL,NULL);
INSERT INTO "samples" VALUES(1.79569247496568799014e+09,'default',5005,'done',40,19,NULL,NULL);
INSERT INTO "samples" VALUES(1.79569247496568799014e+09,'default',5006,'paused',100,43,NULL,NULL);
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
INSERT INTO "silences" VALUES('5bffd0a0b682','[{"name":"alertname","operator":"=","value":"Stopped"}]',1795692472.25575,1827228472.25575,0,'ann','known',1795692472.25575,NULL,NULL,NULL);
INSERT INTO "silences" VALUES('0d816adf317a','[{"name":"alertname","operator":"=","value":"Stopped"}]',1.79569247315733909612e+09,NULL,1,'ann','known',1.79569247315733909612e+09,NULL,1.79569247490972495081e+09,'bo');
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
