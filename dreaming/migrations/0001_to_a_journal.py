import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    # All of these in one step: a new installation is migrated in a fraction of the time.
    replaces = [('dreaming', '0001_first'), ('dreaming', '0002_say_when_and_what_was_asked'), ('dreaming', '0003_set_dreams_by_cron_line'), ('dreaming', '0004_hold_a_store_to_one_dream'), ('dreaming', '0005_keep_a_journal')]

    initial = True

    dependencies = [
        ('agents', '0010_say_how_far_is_too_far'),
        ('agents', '__first__'),
        ('reviews', '0027_keep_words_too'),
    ]

    operations = [
        migrations.CreateModel(
            name='Tick',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=20, unique=True)),
                ('at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='Schedule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('cron', models.CharField(default='0 2 * * *', max_length=100)),
                ('zone', models.CharField(default='UTC', max_length=64)),
                ('min_hours', models.PositiveIntegerField(default=24)),
                ('min_sessions', models.PositiveIntegerField(default=5)),
                ('idle_minutes', models.PositiveIntegerField(default=0)),
                ('instructions', models.TextField(blank=True)),
                ('engine', models.CharField(default='local', max_length=60)),
                ('enabled', models.BooleanField(default=True)),
                ('set_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('store', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='schedule', to='agents.memorystore')),
                ('workspace', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='schedules', to='agents.workspace')),
            ],
        ),
        migrations.CreateModel(
            name='Dream',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveBigIntegerField()),
                ('engine', models.CharField(max_length=60)),
                ('engine_version', models.CharField(blank=True, max_length=60)),
                ('state', models.CharField(choices=[('queued', 'Queued'), ('running', 'Running'), ('completed', 'Completed'), ('partial', 'Partial'), ('failed', 'Failed'), ('cancelled', 'Cancelled'), ('skipped', 'Skipped'), ('held', 'Held')], default='queued', max_length=10)),
                ('step', models.CharField(blank=True, choices=[('reading', 'Reading'), ('mining', 'Mining'), ('consolidating', 'Consolidating'), ('filing', 'Filing')], max_length=14)),
                ('step_done', models.PositiveIntegerField(default=0)),
                ('step_total', models.PositiveIntegerField(default=0)),
                ('step_times', models.JSONField(default=dict)),
                ('due_slot', models.CharField(blank=True, max_length=20)),
                ('passed_over', models.JSONField(default=dict)),
                ('instructions', models.TextField(blank=True)),
                ('attempt', models.PositiveSmallIntegerField(default=0)),
                ('max_attempts', models.PositiveSmallIntegerField(default=3)),
                ('lease_token', models.CharField(blank=True, max_length=32)),
                ('lease_until', models.DateTimeField(blank=True, null=True)),
                ('heartbeat_at', models.DateTimeField(blank=True, null=True)),
                ('not_before', models.DateTimeField(default=django.utils.timezone.now)),
                ('cancel_requested_at', models.DateTimeField(blank=True, null=True)),
                ('input_sha256', models.CharField(blank=True, max_length=64)),
                ('sessions_read', models.PositiveIntegerField(default=0)),
                ('sessions_succeeded', models.PositiveIntegerField(default=0)),
                ('left_out', models.JSONField(default=list)),
                ('dropped', models.JSONField(default=list)),
                ('loss', models.JSONField(default=dict)),
                ('proposed', models.JSONField(default=list)),
                ('requests', models.JSONField(default=list)),
                ('usage', models.JSONField(default=dict)),
                ('estimate', models.JSONField(default=dict)),
                ('covered', models.PositiveIntegerField(default=0)),
                ('failure', models.TextField(blank=True)),
                ('queued_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('started_at', models.DateTimeField(blank=True, null=True)),
                ('finished_at', models.DateTimeField(blank=True, null=True)),
                ('admitted_by_lead', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('admitted_by_reviewer', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('agent', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='dreams', to='agents.agent')),
                ('started_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('store', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='dreams', to='agents.memorystore')),
                ('workspace', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='dreams', to='agents.workspace')),
                ('schedule', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='dreams', to='dreaming.schedule')),
            ],
            options={
                'indexes': [models.Index(fields=['workspace', '-number'], name='dreams_newest'), models.Index(condition=models.Q(('state__in', ['queued', 'running'])), fields=['not_before'], name='dreams_unfinished')],
                'constraints': [models.UniqueConstraint(fields=('workspace', 'number'), name='one_dream_a_number'), models.UniqueConstraint(condition=models.Q(('schedule__isnull', False)), fields=('schedule', 'due_slot'), name='one_dream_a_slot'), models.UniqueConstraint(condition=models.Q(('state__in', ['queued', 'running'])), fields=('store',), name='one_unfinished_dream_a_store'), models.CheckConstraint(condition=models.Q(('state__in', ['queued', 'running', 'completed', 'partial', 'failed', 'cancelled', 'skipped', 'held'])), name='dream_state_is_known')],
            },
        ),
        migrations.CreateModel(
            name='DreamInput',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('dream', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='inputs', to='dreaming.dream')),
                ('revision', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='agents.sessionrevision')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('dream', 'revision'), name='one_input_a_revision')],
            },
        ),
        migrations.CreateModel(
            name='JournalLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=200)),
                ('value', models.JSONField()),
                ('dream', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='journal', to='dreaming.dream')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('dream', 'key'), name='one_line_a_key')],
            },
        ),
        migrations.CreateModel(
            name='Pattern',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveIntegerField()),
                ('key', models.CharField(max_length=64)),
                ('kind', models.CharField(max_length=30)),
                ('tool', models.CharField(blank=True, max_length=200)),
                ('template', models.TextField(blank=True)),
                ('scope', models.CharField(blank=True, max_length=200)),
                ('title', models.CharField(max_length=120)),
                ('statement', models.TextField()),
                ('signal', models.CharField(max_length=20)),
                ('support', models.PositiveIntegerField()),
                ('numbers', models.JSONField(default=dict)),
                ('sentences', models.JSONField(default=list)),
                ('status', models.CharField(max_length=24)),
                ('status_ref', models.CharField(blank=True, max_length=24)),
                ('why', models.TextField(blank=True)),
                ('dream', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='patterns', to='dreaming.dream')),
                ('proposal', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='reviews.proposal')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('dream', 'position'), name='one_pattern_a_position')],
            },
        ),
    ]
